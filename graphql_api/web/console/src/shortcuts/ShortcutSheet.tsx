/** The keys in a list, and a way to be left alone by them. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { Dialog } from '../ui/Dialog';
import { SHORTCUTS } from './shortcuts';
import './shortcuts.css';

interface ShortcutSheetProps {
  isOn: boolean;
  turn: (on: boolean) => void;
  onClose: () => void;
}

export function ShortcutSheet({ isOn, turn, onClose }: ShortcutSheetProps): ReactElement {
  return (
    <Dialog title={t`Keyboard shortcuts`} onClose={onClose}>
      <dl className="shortcuts">
        {SHORTCUTS.map(({ keys, what }) => (
          <div key={keys} className="facts__row">
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label
        className="check"
        onInput={(event) => event.stopPropagation()} // it is done at once: nothing can be lost
      >
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => turn(event.target.checked)}
        />
        <Trans>Keys do this while no field has the focus</Trans>
      </label>
    </Dialog>
  );
}
