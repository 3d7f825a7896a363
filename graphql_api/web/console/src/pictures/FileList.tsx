/** Files that are no pictures. */
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import type { Attachment } from './AttachmentsCard';
import { sizeText } from './sizeText';

interface FileListProps {
  files: readonly Attachment[];
  onOpen: (id: string) => void;
}

export function FileList({ files, onOpen }: FileListProps): ReactElement | null {
  if (files.length === 0) return null;
  return (
    <ul className="list attached-files" aria-label={t`Files`}>
      {files.map((one) => (
        <li key={one.id}>
          <button type="button" className="attached-files__one" onClick={() => onOpen(one.id)}>
            <span className="attached-files__name">{one.name}</span>
            <span className="muted number">{sizeText(one.size)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
