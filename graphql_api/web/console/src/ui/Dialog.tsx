/**
 * A modal dialog: open while it is rendered. Escape, the cross and the browser's back button end it;
 * when something was entered they ask first. A form's own Cancel says what it means and does not.
 */
import { Trans } from '@lingui/react/macro';
import { useEffect, useId, useRef, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { DiscardDialog } from './DiscardDialog';
import { Icon } from './Icon';
import { useUnsavedGuard } from './useUnsavedGuard';

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
  const [isDirty, setDirty] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const leave = (): void => (isDirty ? setAsking(true) : onClose());
  useUnsavedGuard(isDirty, () => setAsking(true));

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
      onKeyDown={(event) => {
        // Here, since a browser that was told no once closes at the next Escape without asking.
        if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
        event.preventDefault();
        leave();
      }}
      onCancel={(event) => {
        if (event.target !== element.current) return; // of a file or date picker inside
        event.preventDefault();
        leave();
      }}
      onClose={(event) => {
        if (event.target !== element.current || element.current.open) return;
        element.current.showModal(); // closed by the browser: only who renders it may
        leave();
      }}
    >
      <div className="dialog__head">
        <h2 id={titleId} title={title}>
          {title}
        </h2>
        <button type="button" className="button button--quiet button--icon" onClick={leave}>
          <Icon name="close" />
          <span className="visually-hidden"><Trans>Close</Trans></span>
        </button>
      </div>
      <div
        className="dialog__body"
        ref={body}
        onInput={() => setDirty(true)}
        onClick={(event) => {
          if (isChange(event.target)) setDirty(true);
        }}
      >
        {children}
      </div>
      {isAsking && <DiscardDialog onKeep={() => setAsking(false)} onDiscard={onClose} />}
    </dialog>
  );
}

const TELLING = '.form__actions, .attachment-actions, .lease-note, [role=alert]';

/** Whether a press there has changed what was entered: buttons choose a place, or take a line away. The
 * form's own actions, and what only tells, do not. */
function isChange(target: EventTarget): boolean {
  const button = target instanceof Element ? target.closest('button[type=button]') : null;
  return button !== null && button.closest(TELLING) === null;
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
