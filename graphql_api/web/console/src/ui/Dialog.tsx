/** A modal dialog: open while it is rendered; Escape, the cross and onClose end it. */
import { useEffect, useId, useRef } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { Icon } from './Icon';

interface DialogProps {
  title: string;
  /** The person wants it gone; stop rendering it. */
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ title, onClose, wide = false, children }: DialogProps): ReactElement {
  const element = useRef<HTMLDialogElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    if (body.current) firstControl(body.current)?.focus();
    return () => {
      dialog?.close();
      // Taken out of the page it cannot give the focus back itself.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  return (
    <dialog
      ref={element}
      className={wide ? 'dialog dialog--wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (event.target !== element.current) return; // of a file or date picker inside
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog__head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" className="button button--quiet button--icon" onClick={onClose}>
          <Icon name="close" />
          <span className="visually-hidden">Close</span>
        </button>
      </div>
      <div className="dialog__body" ref={body}>
        {children}
      </div>
    </dialog>
  );
}

/** Where a person begins: what is marked with data-autofocus, or the first field, or button. Of
 * radio buttons the keyboard begins with the chosen one. */
function firstControl(body: HTMLElement): HTMLElement | null {
  const marked = body.querySelector<HTMLElement>('[data-autofocus]');
  if (marked) return marked;
  const field = body.querySelector<HTMLElement>('input:enabled, select, textarea');
  if (field instanceof HTMLInputElement && field.type === 'radio') {
    return body.querySelector<HTMLElement>('input[type=radio]:checked') ?? field;
  }
  return field ?? body.querySelector('button');
}
