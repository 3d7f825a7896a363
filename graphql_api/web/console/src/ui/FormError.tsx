/** Why a form was not taken, read out when it appears. */
import type { ReactElement } from 'react';

import { describe } from './describe';
import { Icon } from './Icon';

export function FormError({ error }: { error: unknown }): ReactElement | null {
  if (error === null || error === undefined) return null;
  return (
    <div className="form__error" role="alert">
      <Icon name="alerts" />
      <span>{describe(error)}</span>
    </div>
  );
}
