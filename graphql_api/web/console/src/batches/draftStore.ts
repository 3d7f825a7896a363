/**
 * A draft in this browser's storage, for each person its own. It is written before anything is sent,
 * and read again when another tab has changed it.
 */
import { EMPTY_DRAFT } from './draft';
import type { Draft } from './draft';

const VERSION = 1; // of the text; what another version wrote is left out

export type BatchKind = 'receive' | 'count';

export class DraftStore {
  readonly #key: string;
  readonly #listeners = new Set<() => void>();
  #draft: Draft;

  constructor(kind: BatchKind, viewerId: string) {
    this.#key = `inventory.${kind}.${viewerId}`;
    this.#draft = this.#read();
  }

  readonly get = (): Draft => this.#draft;

  update(change: (draft: Draft) => Draft): void {
    this.#draft = change(this.#draft);
    try {
      const isEmpty = this.#draft.lines.length === 0 && this.#draft.sent === null;
      if (isEmpty && this.#draft.location === '') localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, JSON.stringify({ version: VERSION, ...this.#draft }));
      dispatchEvent(new StorageEvent('storage', { key: this.#key })); // browsers tell other tabs alone
    } catch {
      // Without storage the lines live as long as the page.
    }
    this.#tell();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const changed = ({ key }: StorageEvent): void => {
      if (key !== this.#key) return;
      this.#draft = this.#read();
      listener();
    };
    this.#listeners.add(listener);
    addEventListener('storage', changed);
    return () => {
      this.#listeners.delete(listener);
      removeEventListener('storage', changed);
    };
  };

  #read(): Draft {
    try {
      return draftFrom(JSON.parse(localStorage.getItem(this.#key) ?? 'null'));
    } catch {
      return EMPTY_DRAFT;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** What was stored, if this version of the page wrote it. */
export function draftFrom(stored: unknown): Draft {
  if (typeof stored !== 'object' || stored === null) return EMPTY_DRAFT;
  const { version, ...draft } = stored as Draft & { version?: unknown };
  return version === VERSION && Array.isArray(draft.lines) ? { ...EMPTY_DRAFT, ...draft } : EMPTY_DRAFT;
}
