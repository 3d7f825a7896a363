/**
 * A booking as it is kept on this device: under its idempotency key, from before it is sent until
 * somebody has seen what became of it. Pure.
 */
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';

import { errorCode, errorTemplate, SignedOutError } from '../../../client';
import type {
  AdjustStockBatchInput,
  AdjustStockInput,
  ErrorCode,
  SetStockBatchInput,
  SetStockInput,
  TransferStockInput,
} from '../../../client/generated/graphql';
import type { Sent } from '../batches/draft';
import type { Sentence } from '../language/serverWords';
import { describe } from '../ui/describe';

export const FORM = 1; // of a stored booking; another version's is kept and not touched

/** What is asked of the server, as it is sent each time, to the last character. */
export type Request =
  | { kind: 'ADJUST'; input: AdjustStockInput }
  | { kind: 'COUNT'; input: SetStockInput }
  | { kind: 'TRANSFER'; input: TransferStockInput }
  | { kind: 'RECEIVE_LINES'; input: AdjustStockBatchInput }
  | { kind: 'COUNT_LINES'; input: SetStockBatchInput };

/** Its sentence is told in the reader's language: by template and values. */
export interface Refusal extends Sentence {
  code: ErrorCode;
  field: readonly string[] | null;
}

/** What the server said. */
export interface Answer {
  movements: readonly { id: string }[];
  /** Lines that were booked. */
  applied: number;
  /** Why others, or all, were not. */
  userErrors: readonly Refusal[];
}

/** What a person made, before it has a number. */
export interface NewBooking {
  userId: string;
  request: Request;
  /** In words: "Sale -3 piece", and of what. */
  title: string;
  text: string;
  /** The lines of a batch, so that refused ones can go back to their form; null: no batch. */
  lines: Sent | null;
  madeAtMs: number;
}

export interface Booking extends NewBooking {
  form: typeof FORM;
  /** The order of making on this device. */
  number: number;
  /** WAITING: no answer is known, whether or not it was sent. REFUSED: some of it was not booked. */
  state: 'WAITING' | 'BOOKED' | 'REFUSED';
  attempts: number;
  /** Why the last attempt brought no answer; null: it did, or there was none. */
  problem: string | null;
  answer: Answer | null;
}

export function begun(made: NewBooking): Omit<Booking, 'number'> {
  const nothing = { attempts: 0, problem: null, answer: null };
  return { ...made, form: FORM, state: 'WAITING', ...nothing };
}

export function unanswered(booking: Booking, problem: string): Booking {
  return { ...booking, attempts: booking.attempts + 1, problem };
}

export function answered(booking: Booking, answer: Answer): Booking {
  const state = answer.userErrors.length === 0 ? 'BOOKED' : 'REFUSED';
  return { ...booking, state, answer, problem: null };
}

/** Once more, after a refusal: nothing of it was recorded, so it is a new request with a new key. */
export function tried(booking: Booking, key: string, expectedStock: number | null): Booking {
  const { kind, input } = booking.request;
  const given = { ...input, idempotencyKey: key } as Record<string, unknown>;
  if (expectedStock !== null) given.expectedStock = expectedStock;
  // A clock that is ahead: then it counts as booked when it is sent.
  if (booking.answer?.userErrors.some(({ field }) => field?.at(-1) === 'occurredAt')) {
    delete given.occurredAt;
  }
  const request = { kind, input: given } as unknown as Request;
  return { ...begun(booking), number: booking.number, request };
}

/** When it was made, for what reaches the server later; what the person chose stays. */
export function stamped(request: Request, at: string): Request {
  const { input } = request;
  const timed = <T extends { occurredAt?: string | null | undefined }>(one: T): T => ({
    ...one,
    occurredAt: one.occurredAt ?? at,
  });
  if (!('lines' in input)) return { ...request, input: timed(input) } as Request;
  const lines = (input.lines as { occurredAt?: string | null }[]).map(timed);
  return { ...request, input: { ...input, lines } } as Request;
}

// The server could not say what became of it, or has not looked at it.
const PASSING = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'UNAUTHENTICATED', 'INTERNAL_SERVER_ERROR']);
const PASSING_STATUS = new Set([401, 408, 425, 429]);

/** A definite no that is no payload; null: what became of the booking is not known. */
export function refusalOf(error: unknown): Answer | null {
  if (error instanceof SignedOutError || !isDefinite(error)) return null;
  const code = (errorCode(error) ?? 'INVALID_INPUT') as ErrorCode;
  return { movements: [], applied: 0, userErrors: [{ code, ...sentenceOf(error), field: null }] };
}

function sentenceOf(error: unknown): Sentence {
  if (!CombinedGraphQLErrors.is(error)) return { message: describe(error) };
  return { message: error.message, ...errorTemplate(error) };
}

function isDefinite(error: unknown): boolean {
  if (CombinedGraphQLErrors.is(error)) {
    const code = errorCode(error);
    return code !== undefined && !PASSING.has(code);
  }
  if (!ServerError.is(error)) return false;
  const { statusCode } = error;
  return statusCode >= 400 && statusCode < 500 && !PASSING_STATUS.has(statusCode);
}
