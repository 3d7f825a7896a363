/** The last row of a form: cancel, and what it is for. */
import type { ReactElement } from 'react';

interface FormActionsProps {
  submit: string;
  busy: boolean;
  onCancel: () => void;
  danger?: boolean;
  disabled?: boolean;
}

export function FormActions(props: FormActionsProps): ReactElement {
  const kind = props.danger ? 'button button--danger' : 'button button--primary';
  return (
    <div className="form__actions">
      <button type="button" className="button" onClick={props.onCancel}>
        Cancel
      </button>
      <button type="submit" className={kind} disabled={props.busy || (props.disabled ?? false)}>
        {props.busy ? 'Working…' : props.submit}
      </button>
    </div>
  );
}
