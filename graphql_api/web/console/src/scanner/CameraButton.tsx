/** Opens the camera that reads barcodes; its code is loaded then. */
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
        title="Scan with the camera"
        onClick={() => setOpen(true)}
      >
        <Icon name="camera" />
        <span className="visually-hidden">Scan with the camera</span>
      </button>
      {isOpen && (
        <Dialog title="Scan with the camera" onClose={() => setOpen(false)}>
          <LoadedPart waiting={<Loading label="Loading the camera" />}>
            <Camera onClose={() => setOpen(false)} />
          </LoadedPart>
        </Dialog>
      )}
    </>
  );
}
