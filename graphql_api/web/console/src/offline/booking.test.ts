import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { expect, test } from 'vitest';

import { SignedOutError } from '../../../client';
import { answered, begun, refusalOf, stamped, tried } from './booking';
import type { Booking, Request } from './booking';

const COUNT: Request = {
  kind: 'COUNT',
  input: { idempotencyKey: 'k', item: { id: '7' }, stock: 98, expectedStock: 100 },
};

const booking: Booking = {
  ...begun({ userId: '1', request: COUNT, title: 'Counted: 98', text: 'Hammer', lines: null, madeAtMs: 0 }),
  number: 4,
};

const failed = (code: string): Error =>
  new CombinedGraphQLErrors({ data: null, errors: [{ message: 'no', extensions: { code } }] });

const status = (code: number): Error =>
  new ServerError('no', { response: new Response(null, { status: code }), bodyText: '' });

test('only a definite no is an answer: all else is asked again under the same key', () => {
  for (const error of [
    new TypeError('Failed to fetch'),
    new SignedOutError(),
    new Error('The server does not answer.'),
    ...['UNAVAILABLE', 'RATE_LIMITED', 'UNAUTHENTICATED', 'INTERNAL_SERVER_ERROR'].map(failed),
    ...[401, 429, 500, 502, 503, 504].map(status),
  ]) {
    expect(refusalOf(error), String(error)).toBeNull();
  }
  for (const error of [failed('FORBIDDEN'), failed('BAD_USER_INPUT'), status(413)]) {
    expect(refusalOf(error)?.userErrors).toHaveLength(1);
  }
});

test('a refusal is kept with what a translation of it needs', () => {
  const template = 'The stock would go beyond {most}.';
  const extensions = { code: 'INVALID_INPUT', template, values: { most: 9 } };
  const message = 'The stock would go beyond 9.';
  const error = new CombinedGraphQLErrors({ data: null, errors: [{ message, extensions }] });
  const refused = { code: 'INVALID_INPUT', message, template, values: { most: 9 }, field: null };
  expect(refusalOf(error)?.userErrors).toEqual([refused]);
});

test('what is made offline is stamped with its time, unless the person chose one', () => {
  expect(stamped(COUNT, 'now').input).toMatchObject({ occurredAt: 'now', stock: 98 });
  const lines = [{ item: { id: '1' }, actionType: 'RECEIPT' as const }];
  const input = { idempotencyKey: 'k', lines: [lines[0]!, { ...lines[0]!, occurredAt: 'then' }] };
  const batch = stamped({ kind: 'RECEIVE_LINES', input }, 'now').input;
  expect(batch).toMatchObject({ lines: [{ occurredAt: 'now' }, { occurredAt: 'then' }] });
});

test('once more is a new request in the old place, a count against what is there now', () => {
  const error = { code: 'STOCK_CONFLICT' as const, message: 'is 95, not 100', field: null };
  const refused = answered(booking, { movements: [], applied: 0, userErrors: [error] });
  expect(refused).toMatchObject({ state: 'REFUSED' });
  expect(tried(refused, 'new', 95)).toMatchObject({
    number: 4,
    state: 'WAITING',
    answer: null,
    request: { input: { idempotencyKey: 'new', expectedStock: 95, stock: 98 } },
  });
});
