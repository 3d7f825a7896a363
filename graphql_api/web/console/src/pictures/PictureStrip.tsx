/** The main picture, and a strip of all of them. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import type { Attachment } from './AttachmentsCard';
import { Thumbnail } from './Thumbnail';

interface PictureStripProps {
  pictures: readonly Attachment[];
  onOpen: (id: string) => void;
}

export function PictureStrip({ pictures, onOpen }: PictureStripProps): ReactElement | null {
  const [main] = pictures;
  if (!main) return null;
  return (
    <>
      <button
        type="button"
        className="main-picture"
        aria-label={t`Open the main picture, ${main.name}`}
        onClick={() => onOpen(main.id)}
      >
        <Thumbnail url={main.medium} alt={main.name} className="thumbnail--main" />
      </button>
      {pictures.length > 1 && (
        <ul className="picture-strip" aria-label={t`Pictures`}>
          {pictures.map((one) => (
            <li key={one.id}>
              <button type="button" className="picture-strip__one" onClick={() => onOpen(one.id)}>
                <Thumbnail url={one.small} alt="" />
                <span className="visually-hidden"><Trans>Open {one.name}</Trans></span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
