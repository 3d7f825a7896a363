/**
 * A form that is sent before it knows all that it proposes by itself is sent as soon as it does: a
 * person who is faster than the network presses once, and is not told to choose what is about to be
 * chosen.
 */
import { useEffect, useRef, useState } from 'react';
import type { FormEvent, RefObject } from 'react';

export interface EarlySubmit {
  form: RefObject<HTMLFormElement | null>;
  /** It was sent, and waits. */
  isEarly: boolean;
  /** For onSubmit: carries `send` out, now or when nothing is awaited any more. */
  submit: (event: FormEvent, send: () => void) => void;
}

/** isAwaited: what is proposed is not known yet. When it is, the form is checked as ever. */
export function useEarlySubmit(isAwaited: boolean): EarlySubmit {
  const form = useRef<HTMLFormElement>(null);
  const [isEarly, setEarly] = useState(false);
  useEffect(() => {
    if (!isEarly || isAwaited) return;
    setEarly(false);
    queueMicrotask(() => form.current?.requestSubmit()); // once every effect has seen what is known
  }, [isEarly, isAwaited]);
  return {
    form,
    isEarly,
    submit: (event, send) => {
      event.preventDefault();
      if (isAwaited) setEarly(true);
      else send();
    },
  };
}
