import { expect, test } from 'vitest';

import { translated } from './noticeWords';

test.each([
  [
    { kind: 'ALERT', type: 'LOW_STOCK', itemName: 'Hammer', location: 'SHOP', stock: 2, minStock: 5 },
    { title: 'Low stock at SHOP: Hammer', sentence: 'Hammer has 2; its minimum is 5.' },
  ],
  [
    { kind: 'ALERTS', count: 5, bySeverity: { HIGH: 3, CRITICAL: 2 }, named: ['A', 'B'], more: 1 },
    { title: '5 alerts were raised', sentence: 'Critical: 2, High: 3. A, B and 1 more' },
  ],
  [
    { kind: 'IMPORT', name: 'a.csv', created: 2, bad: 1, outcome: { how: 'STOPPED', line: 3 } },
    { title: 'Import stopped: a.csv', sentence: 'created: 2, left out: 1' },
  ],
  [
    { kind: 'JOB', job: 'backup', ok: true },
    { title: 'Scheduled job works again: backup', sentence: 'Its last run went well.' },
  ],
])('what is told by kind and values: %j', (data, words) => {
  expect(translated(data)).toEqual(words);
});

test.each([[null], ['text'], [{ kind: 'ALERT', alertId: '1' }], [{ kind: 'CUSTOM' }]])(
  'what is not known, or was stored by an older server, stays as the server told it: %j',
  (data) => {
    expect(translated(data)).toBeNull();
  },
);
