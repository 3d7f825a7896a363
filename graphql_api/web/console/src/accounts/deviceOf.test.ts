import { expect, test } from 'vitest';

import { deviceOf } from './deviceOf';

test('a device is told as a person would call it', () => {
  const cases = {
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36 Edg/150.0':
      'Edge on Windows',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15':
      'Safari on macOS',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/150.0 Mobile Safari/604.1':
      'Chrome on iPhone',
    'Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile Safari/537.36':
      'Chrome on Android',
    'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0': 'Firefox on Linux',
    'Python/3.11 aiohttp/3.13': 'Python/3.11 aiohttp/3.13',
  };
  for (const [agent, told] of Object.entries(cases)) expect(deviceOf(agent)).toBe(told);
  expect(deviceOf(null)).toBe('Unknown device');
  expect(deviceOf('x'.repeat(200))).toBe(`${'x'.repeat(40)}…`);
});
