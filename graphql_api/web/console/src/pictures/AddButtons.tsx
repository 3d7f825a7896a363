/** Buttons that choose files, or take a picture on a device that has a camera at hand. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef } from 'react';
import type { ReactElement } from 'react';

import { Icon } from '../ui/Icon';

interface AddButtonsProps {
  isFull: boolean;
  onFiles: (files: Iterable<File>) => void;
}

// A telephone that keeps HEIC sends JPEG where only this is asked for.
const PICTURES = 'image/jpeg,image/png,image/webp,image/gif';
const TAKEN = `${PICTURES},.pdf,.txt,.csv,.tsv,.md,.log,.docx,.xlsx,.pptx,.odt,.ods,.odp`;

export function AddButtons({ isFull, onFiles }: AddButtonsProps): ReactElement {
  const files = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const input = {
    type: 'file',
    hidden: true,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => {
      onFiles(event.target.files ?? []);
      event.target.value = ''; // the same one can be chosen again
    },
  } as const;
  return (
    <div className="add-files">
      <button
        type="button"
        className="button button--small add-files__camera"
        disabled={isFull}
        onClick={() => camera.current?.click()}
      >
        <Icon name="camera" />
        <Trans>Take a picture</Trans>
      </button>
      <button
        type="button"
        className="button button--small"
        disabled={isFull}
        onClick={() => files.current?.click()}
      >
        <Icon name="plus" />
        <Trans>Add<span className="visually-hidden"> pictures or files</span></Trans>
      </button>
      <input {...input} ref={camera} accept={PICTURES} capture="environment" aria-label={t`Camera`} />
      <input {...input} ref={files} accept={TAKEN} multiple aria-label={t`Pictures or files`} />
    </div>
  );
}
