/** For how long a stock lasts, as people say it. Pure. */
import { rate } from './format';

/** days: not negative. */
export function lasting(days: number): string {
  if (days < 1) return 'under a day';
  const told = rate(days);
  return told === rate(1) ? `${told} day` : `${told} days`;
}
