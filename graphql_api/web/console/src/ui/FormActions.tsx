/** The last row of a form: cancel, and what it is for. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
        <Trans>Cancel</Trans>
      </button>
      <button type="submit" className={kind} disabled={props.busy || (props.disabled ?? false)}>
        {props.busy ? t`Working…` : props.submit}
      </button>
    </div>
  );
}
