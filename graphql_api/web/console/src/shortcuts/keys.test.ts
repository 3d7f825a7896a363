import { expect, test } from 'vitest';

import { KeySequence } from './keys';

test('two keys of a person are one sequence, and of a scanner none', () => {
  const keys = new KeySequence();
  expect(keys.press({ key: '?', timeStamp: 0 })).toBe('?');
  expect(keys.press({ key: 'g', timeStamp: 1_000 })).toBe('g');
  expect(keys.press({ key: 'i', timeStamp: 1_200 })).toBe('g i');
  expect(keys.press({ key: 'i', timeStamp: 1_400 })).toBe('i');
  expect(keys.press({ key: 'g', timeStamp: 2_000 })).toBe('g');
  expect(keys.press({ key: 'i', timeStamp: 2_020 })).toBeNull();
  expect(keys.press({ key: 'a', timeStamp: 9_000 })).toBe('a');
});

test('Shift is a part of the key that follows at once', () => {
  const keys = new KeySequence();
  expect(keys.press({ key: 'Shift', timeStamp: 1_000 })).toBeNull();
  expect(keys.press({ key: '?', timeStamp: 1_010 })).toBe('?');
});

test('a sequence that was begun long ago is none', () => {
  const keys = new KeySequence();
  keys.press({ key: 'g', timeStamp: 0 });
  expect(keys.press({ key: 'i', timeStamp: 4_000 })).toBe('i');
});
