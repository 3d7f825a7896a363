/**
 * A barcode scanner that is a keyboard to the computer: its characters come as keys, and Enter ends
 * them. Pure: who listens to keys asks it.
 */

export const PAUSE_MAX_MS = 500; // a longer one begins anew: a stray key does not spoil a scan
export const CODE_LENGTH_MIN = 3; // shorter is a person who pressed a key or two
export const CODE_LENGTH_MAX = 1_000; // of which the server reads no more either
const GROUP_SEPARATOR = '\u001d'; // between the parts of a GS1 element string

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  /** Milliseconds on a clock that goes on, such as an event's timeStamp. */
  timeStamp: number;
}

export class Wedge {
  #code = '';
  #lastMs = -Infinity;

  /** 'taken': the key is a part of a code; a string in `code`: with it the code is whole; null: it
   * is no scanner's. */
  press(press: KeyPress): { code: string } | 'taken' | null {
    if (press.timeStamp - this.#lastMs > PAUSE_MAX_MS) this.#code = '';
    this.#lastMs = press.timeStamp;
    if (press.key === 'Enter') {
      const code = this.#code;
      this.#code = '';
      return code.length >= CODE_LENGTH_MIN ? { code } : null;
    }
    const character = characterOf(press);
    if (character === null) return null;
    if (this.#code.length < CODE_LENGTH_MAX) this.#code += character;
    // The first ones may be a person's: what a key does by itself is left to it.
    return this.#code.length >= CODE_LENGTH_MIN ? 'taken' : null;
  }

  /** What has come was for something else. */
  forget(): void {
    this.#code = '';
  }
}

/** Scanners type the group separator as Ctrl+]. AltGr, which some keyboards need, is Ctrl+Alt. */
function characterOf({ key, ctrlKey, altKey, metaKey }: KeyPress): string | null {
  if (ctrlKey && !altKey && key === ']') return GROUP_SEPARATOR;
  if (key === GROUP_SEPARATOR) return key;
  if (metaKey || ctrlKey !== altKey) return null;
  return [...key].length === 1 ? key : null;
}
