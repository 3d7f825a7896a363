import { expect, test } from 'vitest';

import { sizeText } from './sizeText';

test.each([
  [1, '1 byte'],
  [999, '999 bytes'],
  [1_000, '1.0 KB'],
  [340_000, '340 KB'],
  [1_234_567, '1.2 MB'],
  [5_000_000_000_000, '5,000 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
