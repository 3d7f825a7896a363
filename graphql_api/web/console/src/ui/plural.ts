/** "1 alert", "42 units": a count and its noun. Pure. */
import { number } from './format';

const RULES = new Intl.PluralRules('en'); // the console's words are English

/** several: where it is not the word and an s. */
export function plural(count: number, one: string, several = `${one}s`): string {
  return `${number(count)} ${RULES.select(count) === 'one' ? one : several}`;
}
