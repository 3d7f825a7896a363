import { expect, test } from 'vitest';

import { pushedAlert } from './pushedAlert';

test('what the server pushes is shown as it is', () => {
  const pushed = { title: 'Low', message: '2 left', tag: 'alert-1', path: '/items/7' };
  expect(pushedAlert(JSON.stringify({ ...pushed, severity: 'HIGH', count: 1 }))).toEqual(pushed);
});

test.each(['', 'garbage', 'null', '7', '{"title": 3}'])('%j is shown as something', (text) => {
  expect(pushedAlert(text)).toMatchObject({ title: 'Inventory', path: '/alerts' });
});

test.each([
  '//evil.example',
  '/\\evil.example',
  'https://evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/..//evil.example',
  '/%2e%2e//evil.example',
  '/%5Cevil.example',
  '/%09/evil.example',
  7,
])(
  'a click never leads to %j',
  (path) => {
    expect(pushedAlert(JSON.stringify({ path })).path).toBe('/alerts');
  },
);
