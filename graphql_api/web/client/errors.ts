/** What went wrong, by the server's stable codes (`extensions.code`, `userErrors[].code`). */
import { CombinedGraphQLErrors } from '@apollo/client/errors';

import type { ErrorCode } from './generated/graphql';

/** No session: sign in. */
export class SignedOutError extends Error {
  override readonly name = 'SignedOutError';
  constructor(message = 'You are signed out.') {
    super(message);
  }
}

/** The server refused what was asked for, with its reasons. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: ErrorCode;
  /** The message with names in braces where `values` stand: a translation is found by it. */
  readonly template: string;
  readonly values: unknown;
  constructor(code: ErrorCode, message: string, template = message, values: unknown = {}) {
    super(message);
    this.code = code;
    this.template = template;
    this.values = values;
  }
}

interface UserErrorLike {
  code: ErrorCode;
  message: string;
  template?: string | undefined;
  values?: unknown;
}

export function refusedBy({ code, message, template, values }: UserErrorLike): RefusedError {
  return new RefusedError(code, message, template, values);
}

/** Raises RefusedError for the first of `errors`; nothing when there is none. */
export function throwIfRefused(errors: readonly UserErrorLike[]): void {
  const first = errors[0];
  if (first) throw refusedBy(first);
}

/** The first GraphQL error's `extensions.code`; undefined for every other kind of error. */
export function errorCode(error: unknown): string | undefined {
  const code = extensionsOf(error)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** What a translation of the first GraphQL error's message is found by; undefined: the message. */
export function errorTemplate(error: unknown): { template?: string; values?: unknown } {
  const { template, values } = extensionsOf(error) ?? {};
  return typeof template === 'string' ? { template, values } : {};
}

/** What the server could not do just now, of an answer's errors; undefined: none is of that kind.
 * retryAfterMs: how long it asks to wait; 0 when it does not say. */
export function passingOf(
  errors: readonly { extensions?: Record<string, unknown> }[] | undefined,
): { code: 'RATE_LIMITED' | 'UNAVAILABLE'; retryAfterMs: number } | undefined {
  const { code, retryAfterSeconds: seconds } = errors?.[0]?.extensions ?? {};
  if (code !== 'RATE_LIMITED' && code !== 'UNAVAILABLE') return undefined;
  return { code, retryAfterMs: typeof seconds === 'number' ? seconds * 1_000 : 0 };
}

/** An error in words for people. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function extensionsOf(error: unknown): Record<string, unknown> | undefined {
  return CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions : undefined;
}

/** The cursor cannot be honoured: query afresh, then subscribe after a new syncCursor. */
export const CURSOR_CODES = ['CURSOR_TOO_OLD', 'EPOCH_CHANGED', 'CURSOR_INVALID'] as const;
export type CursorCode = (typeof CURSOR_CODES)[number];

export function cursorCode(error: unknown): CursorCode | undefined {
  return CURSOR_CODES.find((code) => code === errorCode(error));
}
