import { expect, test } from 'vitest';

import { directionChoices, signedQuantity } from './adjustment';

test('receipts add, sales and write-offs take away, whatever was chosen before', () => {
  expect(signedQuantity('RECEIPT', 'OUT', 3)).toBe(3);
  expect(signedQuantity('SALE', 'IN', 3)).toBe(-3);
  expect(signedQuantity('WRITE_OFF', 'IN', 3)).toBe(-3);
});

test('returns and corrections go the way that was chosen', () => {
  expect(signedQuantity('RETURN', 'OUT', 3)).toBe(-3);
  expect(signedQuantity('CORRECTION', 'IN', 3)).toBe(3);
  expect(directionChoices('RETURN')).toHaveLength(2);
  expect(directionChoices('SALE')).toBeNull();
});
