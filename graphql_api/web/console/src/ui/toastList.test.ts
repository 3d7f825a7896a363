import { expect, test } from 'vitest';

import { FAULTS_MAX, SHOWN_MAX, withToast } from './toastList';
import type { Listed } from './toastList';

interface Named extends Listed {
  name: string;
}

const news = (name: string): Named => ({ name, tone: 'warning', isNews: true });
const own = (name: string, more: Partial<Named> = {}): Named => ({ name, tone: 'good', ...more });

function shown(toasts: readonly Named[]): string[] {
  return toasts
    .reduce<readonly Named[]>((list, toast) => withToast(list, toast), [])
    .map(({ name }) => name);
}

test('what was done stands before the news that came after it, the newest of each first', () => {
  expect(shown([news('a'), own('sold'), news('b'), own('received'), news('c')])).toEqual([
    'received',
    'sold',
    'c',
    'b',
  ]);
});

test('a burst of news pushes away news alone', () => {
  const burst = Array.from({ length: 20 }, (_, number) => news(`alert ${number}`));
  const undo = own('booked', { action: { label: 'Undo' } });
  const bad = own('not taken back', { tone: 'bad' });
  expect(shown([undo, bad, own('kept'), ...burst])).toEqual([
    'kept',
    'not taken back',
    'booked',
    'alert 19',
    'alert 18',
  ]);
});

test('what can be undone stays longer than what cannot', () => {
  const undo = own('booked', { action: { label: 'Undo' } });
  const plain = ['1', '2', '3', '4'].map((name) => own(name));
  expect(shown([undo, ...plain])).toEqual(['4', '3', '2', 'booked']);
});

test('the newest always comes, though all others can be undone', () => {
  const many = ['a', 'b', 'c', 'd'].map((name) => own(name, { action: { label: 'Undo' } }));
  expect(many).toHaveLength(SHOWN_MAX);
  expect(shown([...many, own('done')])).toEqual(['done', 'd', 'c', 'b']);
});

test('faults stay until they are dismissed, and are not without end', () => {
  const faults = ['f', 'g', 'h', 'i', 'j'].map((name) => own(name, { tone: 'bad' }));
  const plain = ['1', '2', '3', '4', '5'].map((name) => own(name));
  expect(shown([...faults, ...plain])).toEqual(['5', '4', '3', '2', 'j', 'i', 'h', 'g', 'f']);
  const endless = Array.from({ length: 50 }, (_, number) => own(`${number}`, { tone: 'bad' }));
  expect(shown(endless)).toHaveLength(FAULTS_MAX);
});
