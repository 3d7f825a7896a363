/** A number as text: read by the language of the browser, refused in words while it cannot be. */
import { useEffect, useRef } from 'react';
import type { ReactElement } from 'react';

import { Field } from './Field';
import { isEmpty } from './typedNumber';
import type { Reading } from './typedNumber';

interface NumberFieldProps {
  label: string;
  value: string;
  onText: (value: string) => void;
  read: (text: string) => Reading;
  hint?: string | undefined;
  /** Whether a sign before decimals may be typed. */
  hasDecimals?: boolean;
  isOptional?: boolean;
  autoFocus?: boolean;
}

export function NumberField(props: NumberFieldProps): ReactElement {
  const { label, value, onText, read, hint, isOptional = false } = props;
  const input = useRef<HTMLInputElement>(null);
  const reading = isEmpty(value) ? null : read(value);
  const problem = reading !== null && 'problem' in reading ? reading.problem : null;
  useEffect(() => {
    input.current?.setCustomValidity(problem ?? ''); // keeps the form from being sent
  }, [problem]);
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => (
        <input
          {...ids}
          ref={input}
          className="input number"
          inputMode={props.hasDecimals ? 'decimal' : 'numeric'}
          autoComplete="off"
          required={!isOptional}
          aria-invalid={problem !== null}
          {...(props.autoFocus && { 'data-autofocus': true })}
          value={value}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  );
}
