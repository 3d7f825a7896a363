/** Sends a file beside GraphQL, with the same token, and tells how far it is. */
import { t } from '@lingui/core/macro';
import { newIdempotencyKey } from '../../../client';
import type { InventoryClient } from '../../../client';
import { whyRefused } from '../language/fileAnswers';
import type { FileAnswer } from '../language/fileAnswers';

interface Answer extends FileAnswer {
  attachment?: { id: string };
}

export interface Sending {
  itemId: string;
  file: File;
  /** The same for each try of one file, so that it is attached once. */
  key: string;
}

export function sending(itemId: string, file: File): Sending {
  return { itemId, file, key: newIdempotencyKey() };
}

/** tell: called with the part that is sent, 0 to 1. Rejects in words; `signal` gives it up. */
export async function sendFile(
  client: Pick<InventoryClient, 'accessToken'>,
  { itemId, file, key }: Sending,
  tell: (part: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const token = await client.accessToken();
  signal.throwIfAborted(); // an abort before `send` would end nothing
  const asked = new URLSearchParams({ item: itemId, name: file.name, key });
  const request = new XMLHttpRequest(); // fetch does not tell how much was sent
  return new Promise((resolve, reject) => {
    const fail = (words: string): void => reject(new Error(words));
    request.open('POST', `/attachments?${asked.toString()}`);
    request.setRequestHeader('authorization', `Bearer ${token}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => tell(total > 0 ? loaded / total : 0);
    request.onerror = () => fail(t`The server cannot be reached. Send it again.`);
    request.onabort = () => fail(t`Given up.`);
    request.onload = () => {
      const told = answerOf(request.responseText);
      if (told.attachment) resolve();
      else fail(whyRefused(told) ?? whyNot(request.status));
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

function answerOf(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {}; // a proxy's page
  }
}

function whyNot(status: number): string {
  if (status === 413) return t`The file is too large.`;
  if (status === 408) return t`Sending it took too long: the connection is slow.`;
  return t`The server answered with ${String(status)}.`;
}
