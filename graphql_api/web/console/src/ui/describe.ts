/** What went wrong, in words for people. */
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { t } from '@lingui/core/macro';

import { RefusedError, SignedOutError, errorCode, errorTemplate } from '../../../client';
import { kitWords } from '../language/kitWords';
import { serverWords } from '../language/serverWords';

const BY_CODE: Readonly<Record<string, string>> = {
  FORBIDDEN: t`Your role does not allow this. Ask an administrator.`,
  UNAUTHENTICATED: t`Your session has ended. Sign in again.`,
  RATE_LIMITED: t`That was a lot at once. Wait a moment and try again.`,
  LIMIT_EXCEEDED: t`That is more than the server does at once.`,
};

export function describe(error: unknown): string {
  if (error instanceof SignedOutError) return kitWords(error.message);
  if (error instanceof RefusedError) return refusal(error);
  if (CombinedGraphQLErrors.is(error)) {
    const { message } = error;
    return BY_CODE[errorCode(error) ?? ''] ?? serverWords({ message, ...errorTemplate(error) });
  }
  if (ServerError.is(error)) return t`The server answered with ${error.statusCode}.`;
  if (error instanceof TypeError) return t`The server cannot be reached.`; // from fetch
  return error instanceof Error ? kitWords(error.message) : String(error);
}

/** Whether a request may have been carried out, as far as can be told from its error. UNAVAILABLE is
 * one of them: a commit that was not answered is told so (`extensions.outcome`). */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof RefusedError) return error.code === 'IDEMPOTENCY_KEY_REUSED';
  const code = errorCode(error);
  return code === undefined || code === 'INTERNAL_SERVER_ERROR' || code === 'UNAVAILABLE';
}

function refusal(error: RefusedError): string {
  switch (error.code) {
    case 'FORBIDDEN':
      return `${BY_CODE.FORBIDDEN} (${serverWords(error)})`;
    case 'IDEMPOTENCY_KEY_REUSED':
      return t`An earlier try of this form did reach the server and was recorded with other values. Close the form and look at the history before you record anything again.`;
    default:
      return serverWords(error);
  }
}
