import { expect, test } from 'vitest';

import { CODE_LENGTH_MAX, PAUSE_MAX_MS, Wedge } from './wedge';
import type { KeyPress } from './wedge';

const press = (key: string, timeStamp = 0, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  timeStamp,
  ...held,
});

function typed(wedge: Wedge, text: string, fromMs = 0): ReturnType<Wedge['press']> {
  [...text].forEach((key, index) => wedge.press(press(key, fromMs + index)));
  return wedge.press(press('Enter', fromMs + text.length));
}

test('a burst that Enter ends is a code, and the next one is another', () => {
  const wedge = new Wedge();
  expect(typed(wedge, '4006381333931')).toEqual({ code: '4006381333931' });
  expect(typed(wedge, ']C1010400638')).toEqual({ code: ']C1010400638' });
  expect(wedge.press(press('Enter'))).toBeNull();
});

test('a key or two are a person’s, and so is what they do', () => {
  const wedge = new Wedge();
  expect(wedge.press(press(' '))).toBeNull();
  expect(wedge.press(press('x'))).toBeNull();
  expect(wedge.press(press('Enter'))).toBeNull();
});

test('after a pause a code begins anew', () => {
  const wedge = new Wedge();
  wedge.press(press('x', 0));
  expect(typed(wedge, '12345678', PAUSE_MAX_MS + 1)).toEqual({ code: '12345678' });
  wedge.press(press('1', 10_000));
  wedge.press(press('2', 10_001));
  wedge.press(press('3', 10_002));
  expect(wedge.press(press('Enter', 10_003 + PAUSE_MAX_MS))).toBeNull();
});

test('Shift, AltGr and the group separator belong to a code, shortcuts do not', () => {
  const wedge = new Wedge();
  wedge.press(press('Shift'));
  wedge.press(press('A'));
  wedge.press(press('b'));
  wedge.press(press(']', 0, { ctrlKey: true }));
  wedge.press(press('c', 0, { ctrlKey: true }));
  wedge.press(press('v', 0, { metaKey: true }));
  wedge.press(press('@', 0, { ctrlKey: true, altKey: true }));
  expect(wedge.press(press('Enter'))).toEqual({ code: 'Ab\u001d@' });
});

test('no code grows without end', () => {
  const wedge = new Wedge();
  const { code } = typed(wedge, '1'.repeat(CODE_LENGTH_MAX * 2)) as { code: string };
  expect(code).toHaveLength(CODE_LENGTH_MAX);
});
