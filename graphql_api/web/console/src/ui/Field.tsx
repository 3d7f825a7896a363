/** A labelled control with an optional hint. */
import { useId } from 'react';
import type { ReactElement, ReactNode } from 'react';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** Why the value cannot be taken: stands in the place of the hint, and is read out. */
  problem?: string | null;
  /** Gets the ids that tie control, label and hint together. */
  children: (ids: { id: string; 'aria-describedby'?: string }) => ReactNode;
}

export function Field({ label, hint, problem = null, children }: FieldProps): ReactElement {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className="field">
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      {children((problem ?? hint) ? { id, 'aria-describedby': hintId } : { id })}
      {problem !== null ? (
        <span className="field__hint field__hint--bad" id={hintId} role="status">
          {problem}
        </span>
      ) : (
        hint && (
          <span className="field__hint" id={hintId}>
            {hint}
          </span>
        )
      )}
    </div>
  );
}
