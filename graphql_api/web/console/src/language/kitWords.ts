/** What the client kit says, which speaks English, in the page's language. */
import { t } from '@lingui/core/macro';

import type { ConnectionStatus, RealTimeStatusWords } from '../../../client';

const SENTENCES: Readonly<Record<string, string>> = {
  'The network is gone.': t`The network is gone.`,
  'The server answered without data.': t`The server answered without data.`,
  'The server cannot be reached.': t`The server cannot be reached.`,
  'The server does not answer.': t`The server does not answer.`,
  'The server fell silent.': t`The server fell silent.`,
  'The server gave no tokens.': t`The server gave no tokens.`,
  'The session has ended.': t`The session has ended.`,
  'The socket has not been opened.': t`The socket has not been opened.`,
  'The socket is not open.': t`The socket is not open.`,
  'You are signed out.': t`You are signed out.`,
  'You went offline.': t`You went offline.`,
};

/** One that is not known stays as it is. */
export function kitWords(sentence: string): string {
  return SENTENCES[sentence] ?? sentence;
}

export const STATE_WORDS: Readonly<Record<ConnectionStatus['state'], string>> = {
  connected: t`Live`,
  connecting: t`Connecting…`,
  offline: t`Offline`,
};

export const STATUS_WORDS: RealTimeStatusWords = {
  ...STATE_WORDS,
  reconnect: t`Reconnect`,
  attempt: (attempt, seconds) => t`attempt ${attempt} in ${seconds} s`,
  error: kitWords,
};
