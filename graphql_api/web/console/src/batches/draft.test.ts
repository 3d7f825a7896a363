import { beforeEach, expect, test } from 'vitest';

import { unitOf } from '../stock/amounts';
import { added, EMPTY_DRAFT, LINES_MAX, refusedOf, returned, unitsOf } from './draft';
import type { Addition, DraftLine, Goods, Sent } from './draft';
import { draftFrom, DraftStore } from './draftStore';

const goods = (id: string): Goods => ({
  id,
  sku: `S${id}`,
  name: `Thing ${id}`,
  unit: 'piece',
  units: [
    { name: 'piece', factor: 1 },
    { name: 'carton', factor: 12 },
  ],
  displayUnit: 'carton',
});

function scan(lines: readonly DraftLine[], id: string, units: number | null): DraftLine[] {
  const item = goods(id);
  const more: Addition = { item, units, unit: unitOf(item, 'carton'), seen: null };
  const result = added(lines, more);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

const sent = (lines: readonly DraftLine[]): Sent => ({
  key: 'k',
  location: '1',
  reason: EMPTY_DRAFT.reason,
  lines,
  expected: null,
});

beforeEach(() => localStorage.clear());

test('a scan of the same thing adds its factor, in the unit of the line where that is possible', () => {
  let lines = scan([], '1', 12);
  expect(lines[0]?.amount).toEqual({ text: '1', unit: 'carton' });
  lines = scan(lines, '1', 24);
  expect(lines[0]?.amount).toEqual({ text: '3', unit: 'carton' });
  lines = scan(lines, '1', 1);
  expect(lines[0]?.amount).toEqual({ text: '37', unit: 'piece' });
  lines = scan(lines, '2', null);
  expect(lines.map(unitsOf)).toEqual([37, null]);
  expect(scan(lines, '2', 5).map(unitsOf)).toEqual([37, 5]);
});

test('what cannot be read is not added to, and no batch grows beyond its limit', () => {
  const bad = scan([], '1', 1).map((line) => ({ ...line, amount: { text: 'x', unit: 'piece' } }));
  expect(() => scan(bad, '1', 1)).toThrow('cannot be read');
  let lines: DraftLine[] = [];
  for (let id = 0; id < LINES_MAX; id += 1) lines = scan(lines, String(id), 1);
  expect(() => scan(lines, 'another', 1)).toThrow('book these first');
});

test('lines that were refused come back with why, and the booked ones are gone', () => {
  const lines = ['1', '2', '3'].reduce<DraftLine[]>((all, id) => scan(all, id, 12), []);
  const refused = (at: string, message: string): Parameters<typeof refusedOf>[2][0] => ({
    code: 'STOCK_CONFLICT',
    message,
    field: ['input', 'lines', at, 'stock'],
  });
  const told = (applied: number, errors: Parameters<typeof refusedOf>[2]): unknown =>
    refusedOf(sent(lines), applied, errors).map(({ item, problem }) => [item.id, problem]);
  expect(told(3, [])).toEqual([]);
  expect(told(2, [refused('1', 'moved')])).toEqual([['2', 'moved']]);
  // One that breaks a rule by itself refuses the batch.
  expect(told(0, [refused('1', 'bad')])).toEqual([['1', null], ['2', 'bad'], ['3', null]]);
  expect(told(0, [{ code: 'FORBIDDEN', message: 'no', field: null }])).toEqual(
    ['1', '2', '3'].map((id) => [id, 'no']),
  );
});

test('what comes back does not replace what was begun since', () => {
  const [first, second] = [scan([], '1', 12), scan([], '2', 12)];
  const kept = returned(first, [...first, ...second]);
  expect(kept.map(({ item }) => item.id)).toEqual(['2', '1']);
  expect(kept[1]?.problem).toContain('1 carton sent before were not booked');
});

test('a draft outlives the page, for its own person, and other tabs follow', () => {
  const store = new DraftStore('receive', 'ada');
  store.update((draft) => ({ ...draft, location: '7', lines: scan([], '1', 12) }));
  expect(new DraftStore('receive', 'ada').get().lines.map(unitsOf)).toEqual([12]);
  expect(new DraftStore('receive', 'bob').get()).toEqual(EMPTY_DRAFT);
  expect(new DraftStore('count', 'ada').get()).toEqual(EMPTY_DRAFT);
  expect(draftFrom({ version: 99, lines: [] })).toEqual(EMPTY_DRAFT);
  expect(draftFrom('nonsense')).toEqual(EMPTY_DRAFT);
  localStorage.setItem('inventory.receive.ada', '{ broken');
  expect(new DraftStore('receive', 'ada').get()).toEqual(EMPTY_DRAFT);
});
