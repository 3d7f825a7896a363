/**
 * Reads that lack nothing of what was told here: each query asks, with the header At-Least, to be
 * answered from no earlier place in the log than the newest that this client heard of. So a page
 * that is queried anew after a change shows it, whichever of the server's processes answers.
 */
import { ApolloLink } from '@apollo/client';
import { OperationTypeNode } from 'graphql';
import { defer, mergeMap, of, tap } from 'rxjs';
import type { Observable } from 'rxjs';

const HEADER = 'at-least';
const REFUSALS = ['EPOCH_CHANGED', 'CURSOR_INVALID'];

/** The newest cursor that the server told: of answers, events and pings alike. */
export class NewestCursor {
  #cursor: string | null = null;

  get cursor(): string | null {
    return this.#cursor;
  }

  /** The server told `cursor`; null and undefined are none. An earlier one changes nothing. */
  heard(cursor: unknown): void {
    if (typeof cursor !== 'string') return;
    if (this.#cursor === null || !isEarlier(cursor, this.#cursor)) this.#cursor = cursor;
  }

  /** The server does not know `cursor`: its log is another one now. */
  refused(cursor: string): void {
    if (this.#cursor === cursor) this.#cursor = null;
  }
}

/** Sends the newest cursor with each query; one that is refused is dropped, and the query is asked
 * once more without it. Hears the cursors of all answers. */
export function atLeast(newest: NewestCursor): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const send = (cursor: string | null): Observable<ApolloLink.Result> => {
      operation.setContext(({ headers }: { headers?: Record<string, string> }) => {
        const { [HEADER]: _, ...others } = headers ?? {};
        return { headers: cursor === null ? others : { ...others, [HEADER]: cursor } };
      });
      return forward(operation);
    };
    const asked = (): Observable<ApolloLink.Result> => {
      const { cursor } = newest;
      if (cursor === null || operation.operationType !== OperationTypeNode.QUERY) return send(null);
      return send(cursor).pipe(
        mergeMap((result) => {
          if (!isRefused(result)) return of(result);
          newest.refused(cursor);
          return send(null);
        }),
      );
    };
    return defer(asked).pipe(tap((result) => hear(newest, result)));
  });
}

/** What an answer tells: a mutation's place, or the `syncCursor` that was asked for. */
export function hear(newest: NewestCursor, { data, extensions }: ApolloLink.Result): void {
  newest.heard(extensions?.cursor);
  newest.heard(data?.syncCursor);
}

function isRefused({ data, errors }: ApolloLink.Result): boolean {
  return data == null && REFUSALS.includes(String(errors?.[0]?.extensions?.code));
}

function isEarlier(one: string, other: string): boolean {
  const [a, b] = [placeOf(one), placeOf(other)];
  return a !== null && b !== null && a.log === b.log && a.position < b.position;
}

const FORM = 1; // graphql_api/events/cursor.py: form, log, position, witness
const FORM_BYTES = 25;

/** What a cursor says, if its form is known here; of others, the one that was told last is newest. */
function placeOf(cursor: string): { log: string; position: bigint } | null {
  let text;
  try {
    text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return null;
  }
  if (text.length !== FORM_BYTES || text.charCodeAt(0) !== FORM) return null;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return { log: text.slice(1, 9), position: new DataView(bytes.buffer).getBigInt64(9) };
}
