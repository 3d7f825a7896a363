/**
 * Keys that do something by themselves, as a person presses them and not a barcode scanner: a scanner
 * types too, and its first characters must do nothing. Pure.
 */

export const SCANNER_MS = 45; // between two keys; a person is slower
export const SETTLE_MS = 60; // for so long nothing may follow before a key acts
export const SEQUENCE_MS = 3_000; // between the two keys of a sequence

export interface Pressed {
  key: string;
  /** Milliseconds on a clock that goes on. */
  timeStamp: number;
}

/** What keys say so far. keys: '' for nothing, else one key or two with a blank between. */
export class KeySequence {
  #first = '';
  #lastMs = -Infinity;

  /** What this key may mean, if nothing follows it at once; null: it is a scanner's. */
  press({ key, timeStamp }: Pressed): string | null {
    if (key === 'Shift') return null; // a part of the next key: a person presses both at once
    const since = timeStamp - this.#lastMs;
    this.#lastMs = timeStamp;
    if (since < SCANNER_MS) {
      this.#first = '';
      return null;
    }
    const keys = this.#first !== '' && since < SEQUENCE_MS ? `${this.#first} ${key}` : key;
    this.#first = key === 'g' && keys === 'g' ? 'g' : '';
    return keys;
  }

  forget(): void {
    this.#first = '';
  }
}
