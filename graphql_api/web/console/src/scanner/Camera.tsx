/** What the camera sees, until a code is found; a screen that collects codes gets one after another. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import type { ReactElement } from 'react';

import './camera.css';
import { useScanned } from './Scanner';
import { useScanTargets } from './ScanTarget';
import { useCamera } from './useCamera';

export default function Camera({ onClose }: { onClose: () => void }): ReactElement {
  const video = useRef<HTMLVideoElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const scanned = useScanned();
  const collects = useScanTargets().current() !== null;
  const state = useCamera(
    video,
    (code) => {
      setCodes((before) => [...before, code]);
      if (!collects) onClose();
      scanned(code);
    },
    attempt,
  );
  const last = codes.at(-1);
  return (
    <div className="form">
      <div className="camera" hidden={state.kind === 'failed'}>
        <video ref={video} muted playsInline aria-label={t`What the camera sees`} />
      </div>
      {state.kind === 'failed' && (
        <p className="form__error" role="alert">
          <span>{state.why}</span>
        </p>
      )}
      <p className="muted camera__told" role="status">
        {state.kind === 'opening' && t`Opening the camera…`}
        {state.kind === 'reading' && last === undefined && t`Hold a barcode before the camera.`}
        {last !== undefined && plural(codes.length, { one: `# read, the last: ${last}`, other: `# read, the last: ${last}` })}
      </p>
      <div className="form__actions">
        {state.kind === 'failed' && (
          <button type="button" className="button" onClick={() => setAttempt(attempt + 1)}>
            <Trans>Try again</Trans>
          </button>
        )}
        <button type="button" className="button button--primary" data-autofocus onClick={onClose}>
          <Trans>Done</Trans>
        </button>
      </div>
    </div>
  );
}
