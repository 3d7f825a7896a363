import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { PresenceKeeper } from './PresenceKeeper';
import type { Presence } from './PresenceKeeper';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function started(): { keeper: PresenceKeeper; sent: Presence[]; settle: () => Promise<void> } {
  const sent: Presence[] = [];
  const keeper = new PresenceKeeper(async (presence) => void sent.push(presence));
  return { keeper, sent, settle: async () => void (await vi.advanceTimersByTimeAsync(0)) };
}

test('the newest claim counts, and gives its place back', async () => {
  const { keeper, sent, settle } = started();
  const leave = keeper.claim('1', 'VIEWING');
  await settle();
  const stop = keeper.claim('1', 'EDITING');
  await settle();
  stop();
  await settle();
  leave();
  await settle();
  expect(sent.map(({ itemId, activity }) => [itemId, activity])).toEqual([
    ['1', 'VIEWING'],
    ['1', 'EDITING'],
    ['1', 'VIEWING'],
    [null, 'VIEWING'],
  ]);
});

test('going from one item to another tells the other one only', async () => {
  const { keeper, sent, settle } = started();
  const leave = keeper.claim('1', 'VIEWING');
  await settle();
  leave();
  keeper.claim('2', 'VIEWING');
  await settle();
  expect(sent.map(({ itemId }) => itemId)).toEqual(['1', '2']);
});

test('a heartbeat repeats it each 15 s, and ends with the last claim', async () => {
  const { keeper, sent } = started();
  const leave = keeper.claim('1', 'VIEWING');
  await vi.advanceTimersByTimeAsync(45_000);
  expect(sent).toHaveLength(4);
  leave();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(5);
});

test('typing is told at most once in 3 s, and never of another claim', async () => {
  const { keeper, sent, settle } = started();
  keeper.claim('1', 'VIEWING');
  const stop = keeper.claim('1', 'EDITING');
  await settle();
  for (let keys = 0; keys < 20; keys += 1) keeper.typed();
  await settle();
  stop();
  await settle();
  expect(sent.map(({ activity, typing }) => [activity, typing])).toEqual([
    ['EDITING', false],
    ['EDITING', true],
    ['VIEWING', false],
  ]);
});

test('one request runs at a time, and a lost one is mended by the next', async () => {
  const sent: (string | null)[] = [];
  let lose: () => void = () => undefined;
  const keeper = new PresenceKeeper(({ itemId }) => {
    sent.push(itemId);
    return new Promise((_, reject) => (lose = () => reject(new Error('lost'))));
  });
  keeper.claim('1', 'VIEWING');
  await vi.advanceTimersByTimeAsync(0);
  keeper.claim('2', 'VIEWING');
  keeper.claim('3', 'VIEWING');
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(['1']);
  lose();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(['1', '3']);
});
