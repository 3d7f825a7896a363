/** A labelled line of text. */
import type { InputHTMLAttributes, ReactElement } from 'react';

import { Field } from './Field';

interface TextFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string | undefined;
  onText: (value: string) => void;
}

export function TextField({ label, hint, onText, ...attributes }: TextFieldProps): ReactElement {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <input
          {...ids}
          className="input"
          {...attributes}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  );
}
