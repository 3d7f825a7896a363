/** A value that changes and tells who listens; fits React's useSyncExternalStore. */

export interface Store<T> {
  /** The value now; the same object until it changes. */
  get(): T;
  /** Calls `listener` after each change, until what it returns is called. */
  subscribe(listener: () => void): () => void;
}

export class WritableStore<T> implements Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}
