/** Which codes in a camera's sight are new: one that stays in sight is one scan. Pure. */

const GONE_MS = 1_500; // out of sight for so long: it is shown once more, and counts again

export class Sightings {
  readonly #lastMs = new Map<string, number>();

  /** Those of `codes` that count now. */
  see(codes: readonly string[], nowMs: number): string[] {
    for (const [code, lastMs] of this.#lastMs) {
      if (nowMs - lastMs > GONE_MS) this.#lastMs.delete(code);
    }
    const found = [...new Set(codes)].filter((code) => !this.#lastMs.has(code));
    for (const code of codes) this.#lastMs.set(code, nowMs);
    return found;
  }
}
