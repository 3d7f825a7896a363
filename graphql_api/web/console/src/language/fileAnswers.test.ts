import { afterEach, expect, test, vi } from 'vitest';

import { i18n } from './active';
import { refusalOf, whyRefused } from './fileAnswers';

afterEach(() => {
  vi.doUnmock('./active');
  vi.resetModules();
});

const errors = [
  {
    message: 'A file has at most 9 bytes.',
    extensions: { template: 'A file has at most {most} bytes.', values: { most: 9 } },
  },
];

test('what the server says of a file is told, or its status', async () => {
  expect(whyRefused({ errors })).toBe('A file has at most 9 bytes.');
  expect(whyRefused({})).toBeNull();
  expect(await refusalOf(new Response('a page of a proxy', { status: 502 }))).toBe(
    'The server answered with 502.',
  );
  expect(await refusalOf(Response.json({ errors }, { status: 413 }))).toMatch('at most 9 bytes');
});

test('it is told in the language of the page', async () => {
  i18n.load('de', { 'A file has at most {most} bytes.': ['Höchstens ', ['most'], ' Bytes.'] });
  i18n.activate('de');
  vi.doMock('./active', () => ({ i18n, LANGUAGE: 'de' }));
  const { whyRefused: german } = await import('./fileAnswers');
  expect(german({ errors })).toBe('Höchstens 9 Bytes.');
});
