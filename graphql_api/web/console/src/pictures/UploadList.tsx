/** What is on its way, and what did not come. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import type { Uploads } from './useUploads';

export function UploadList({ uploads }: { uploads: Uploads }): ReactElement | null {
  if (uploads.list.length === 0) return null;
  return (
    <ul className="list uploads" aria-label={t`On their way`}>
      {uploads.list.map(({ key, file, part, problem }) => (
        <li key={key}>
          <span className="uploads__name">{file.name}</span>
          {problem === null ? (
            // Once all is sent the server looks at it: for how long is not known.
            <progress
              aria-label={t`Sending ${file.name}`}
              max={1}
              value={part < 1 ? part : undefined}
            />
          ) : (
            <span role="alert" className="uploads__problem">
              {problem}
            </span>
          )}
          <span className="uploads__actions">
            {problem !== null && (
              <button
                type="button"
                className="button button--small"
                onClick={() => uploads.again(key)}
              >
                <Trans>Try again<span className="visually-hidden"> with {file.name}</span></Trans>
              </button>
            )}
            <button
              type="button"
              className="button button--quiet button--small"
              onClick={() => uploads.dismiss(key)}
            >
              {problem === null ? (
                <Trans>Stop<span className="visually-hidden"> {file.name}</span></Trans>
              ) : (
                <Trans>Dismiss<span className="visually-hidden"> {file.name}</span></Trans>
              )}
            </button>
          </span>
        </li>
      ))}
    </ul>
  );
}
