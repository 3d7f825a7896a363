/** Over a form that was begun: whether what was typed shall be lost. Escape keeps it. */
import { Trans } from '@lingui/react/macro';
import { useEffect, useId, useRef } from 'react';
import type { ReactElement } from 'react';

interface DiscardDialogProps {
  onKeep: () => void;
  onDiscard: () => void;
}

export function DiscardDialog({ onKeep, onDiscard }: DiscardDialogProps): ReactElement {
  const element = useRef<HTMLDialogElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    keep.current?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      role="alertdialog"
      className="dialog dialog--ask"
      aria-labelledby={titleId}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onKeep();
      }}
      onCancel={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onKeep();
      }}
    >
      <div className="dialog__body form">
        <h2 id={titleId}><Trans>Discard what you entered?</Trans></h2>
        <div className="form__actions">
          <button type="button" className="button button--danger" onClick={onDiscard}>
            <Trans>Discard</Trans>
          </button>
          <button ref={keep} type="button" className="button button--primary" onClick={onKeep}>
            <Trans>Go on editing</Trans>
          </button>
        </div>
      </div>
    </dialog>
  );
}
