/** For how long a stock lasts, as people say it. Pure. */
import { t } from '@lingui/core/macro';

import { rate } from './format';

/** days: not negative. */
export function lasting(days: number): string {
  if (days < 1) return t`under a day`;
  const told = rate(days);
  return told === rate(1) ? t`${told} day` : t`${told} days`;
}
