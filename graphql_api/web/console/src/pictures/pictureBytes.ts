/**
 * Pictures of items as addresses that an <img> can show. The server asks for the access token, which
 * an <img> cannot send: so each is fetched, and shown as a blob. What is shown no more is kept for a
 * while, since lists are left and come back.
 */
import type { InventoryClient } from '../../../client';
import { refusalOf } from '../language/fileAnswers';

const KEPT_MAX = 200; // thumbnails of some kilobytes, and a few larger ones
const AT_ONCE = 6; // as many connections as a browser has to one server

interface Entry {
  address: Promise<string>;
  users: number;
}

export class PictureBytes {
  readonly #client: Pick<InventoryClient, 'accessToken'>;
  readonly #entries = new Map<string, Entry>(); // the one used last comes last
  readonly #waiting: (() => void)[] = [];
  readonly #keptMax: number;
  #running = 0;

  constructor(client: Pick<InventoryClient, 'accessToken'>, keptMax = KEPT_MAX) {
    this.#client = client;
    this.#keptMax = keptMax;
  }

  /** The blob's address; `release` it when it is shown no more. Rejects when there is none. */
  acquire(url: string): Promise<string> {
    const entry = this.#entries.get(url) ?? { address: this.#inTurn(url), users: 0 };
    this.#entries.delete(url);
    this.#entries.set(url, entry);
    entry.users += 1;
    entry.address.catch(() => {
      if (this.#entries.get(url) === entry) this.#entries.delete(url); // the next one tries again
    });
    return entry.address;
  }

  release(url: string): void {
    const entry = this.#entries.get(url);
    if (entry) entry.users -= 1;
    this.#trim();
  }

  #trim(): void {
    for (const [url, entry] of this.#entries) {
      if (this.#entries.size <= this.#keptMax) return;
      if (entry.users > 0) continue;
      this.#entries.delete(url);
      entry.address.then(URL.revokeObjectURL, () => undefined);
    }
  }

  async #inTurn(url: string): Promise<string> {
    if (this.#running >= AT_ONCE) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#running += 1;
    try {
      return URL.createObjectURL(await bytesOf(this.#client, url));
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** Rejects in words. */
export async function bytesOf(
  client: Pick<InventoryClient, 'accessToken'>,
  url: string,
): Promise<Blob> {
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${await client.accessToken()}` },
  });
  if (!answer.ok) throw new Error(await refusalOf(answer));
  return answer.blob();
}
