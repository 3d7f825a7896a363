import { expect, test } from 'vitest';

import { comparedWith, forAccount, ofAccount } from './account';
import { LANGUAGES } from './choice';
import type { Language } from './choice';

test.each([
  ['a new browser takes it over', null, null, 'de', 'take'],
  ['another person sat here', 'fr', '2', 'de', 'take'],
  ['another person sat here, and this one never chose', 'fr', '2', null, 'take'],
  ['chosen elsewhere to be as the browser wishes', 'fr', '1', null, 'take'],
  ['chosen before accounts kept it', 'fr', null, null, 'tell'],
  ['chosen before accounts kept it, and otherwise elsewhere', 'fr', null, 'de', 'take'],
  ['nothing was ever chosen, by nobody', null, '1', null, 'keep'],
  ['they agree', 'de', '1', 'de', 'keep'],
] as const)('%s', (_, chosen, owner, account, outcome) => {
  expect(comparedWith({ chosen, owner }, '1', account)).toBe(outcome);
});

test('every language of the console has its name in accounts', () => {
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    expect(ofAccount(forAccount(language))).toBe(language);
  }
  expect(ofAccount(null)).toBeNull();
});
