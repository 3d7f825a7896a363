import { expect, test } from 'vitest';

import type { Notification } from '../../../client';
import { pathOf } from './notificationData';
import { pushedAlert } from './pushedAlert';

test('what the server pushes is shown as it is', () => {
  const pushed = { title: 'Low', message: '2 left', tag: 'alert-1', path: '/items/7', language: 'de' };
  expect(pushedAlert(JSON.stringify({ ...pushed, severity: 'HIGH', count: 1 }))).toEqual(pushed);
});

test.each(['', 'garbage', 'null', '7', '{"title": 3}'])('%j is shown as something', (text) => {
  expect(pushedAlert(text)).toMatchObject({ title: 'Inventory', path: '/alerts' });
});

const AWAY = [
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/\t\\evil.example',
  '/.//evil.example',
  '/items/..//evil.example',
  '/%2e%2e//evil.example',
  '/%5Cevil.example',
  '/%09/evil.example',
  '/\u0000/evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  'items/7',
  '',
  7,
  null,
  ['/items'],
];

test.each(AWAY)(
  'a click never leads to %j',
  (path) => {
    expect(pushedAlert(JSON.stringify({ path })).path).toBe('/alerts');
  },
);

test.each(AWAY)('a notification is no link to %j', (path) => {
  expect(pathOf({ data: { path } } as unknown as Notification)).toBeNull();
});

test.each(['/', '/items/7', '/items?search=a%20b&status=LOW_STOCK', '/alerts#1', '/ä'])(
  'and is one to %j',
  (path) => {
    expect(pathOf({ data: { path } } as unknown as Notification)).toBe(path);
    expect(pushedAlert(JSON.stringify({ path })).path).toBe(path);
  },
);
