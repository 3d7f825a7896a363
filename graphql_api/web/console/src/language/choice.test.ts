import { expect, test } from 'vitest';

import { choiceOf } from './choice';

test.each([
  [null, ['de-CH', 'en'], { language: 'de', locale: 'de-CH' }],
  [null, ['sv-SE', 'fr'], { language: 'fr', locale: 'fr' }],
  [null, ['hi-IN'], { language: 'en', locale: 'hi-IN' }],
  [null, [], { language: 'en', locale: 'en' }],
  ['ja', ['de-DE'], { language: 'ja', locale: 'ja' }],
  ['en', ['de-DE', 'en-GB'], { language: 'en', locale: 'en-GB' }],
  ['tlh', ['es-MX'], { language: 'es', locale: 'es-MX' }],
] as const)('%s chosen, %j wished', (chosen, wished, choice) => {
  expect(choiceOf(chosen, wished)).toEqual(choice);
});
