/** Opens the camera that reads barcodes; its code is loaded then. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { lazy, useState } from 'react';
import type { ReactElement } from 'react';

import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/Icon';
import { LoadedPart } from '../ui/LoadedPart';
import { Loading } from '../ui/states';

const Camera = lazy(() => import('./Camera'));

export function CameraButton({ quiet = false }: { quiet?: boolean }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={quiet ? 'button button--quiet button--icon' : 'button button--icon'}
        title={t`Scan with the camera`}
        onClick={() => setOpen(true)}
      >
        <Icon name="camera" />
        <span className="visually-hidden"><Trans>Scan with the camera</Trans></span>
      </button>
      {isOpen && (
        <Dialog title={t`Scan with the camera`} onClose={() => setOpen(false)}>
          <LoadedPart waiting={<Loading label={t`Loading the camera`} />}>
            <Camera onClose={() => setOpen(false)} />
          </LoadedPart>
        </Dialog>
      )}
    </>
  );
}
