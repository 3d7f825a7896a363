/** How long to wait before the next attempt: to connect, or at what the server cannot do just now. */

export interface BackoffPolicy {
  /** Before the first attempt; milliseconds. */
  firstMs: number;
  /** Each wait is this many times the one before. */
  factor: number;
  /** So many quick attempts; after them the slow ones. */
  attempts: number;
  /** Between slow attempts, which go on for ever; milliseconds. */
  slowMs: number;
  /** Waits are spread by this share to both sides, so that a crowd does not come back at once. */
  jitter: number;
}

export const BACKOFF: BackoffPolicy = {
  firstMs: 1_000,
  factor: 2,
  attempts: 5,
  slowMs: 30_000,
  jitter: 0.3,
};

/** Milliseconds to wait after `failures` attempts failed in a row; `random` is in 0..1. */
export function waitMs(policy: BackoffPolicy, failures: number, random: number): number {
  const steady =
    failures >= policy.attempts
      ? policy.slowMs
      : Math.min(policy.firstMs * policy.factor ** failures, policy.slowMs);
  return Math.round(steady * (1 + policy.jitter * (2 * random - 1)));
}

/** The waits of one thing that is tried again and again. */
export class Waits {
  readonly #policy: BackoffPolicy;
  #failures = 0;

  constructor(policy: BackoffPolicy) {
    this.#policy = policy;
  }

  /** After one more failure, in milliseconds: longer each time, and longer than the server asks
   * for, so that not all whom it sent away come back in the same moment. */
  next(leastMs = 0): number {
    const wait = waitMs(this.#policy, this.#failures, Math.random());
    this.#failures += 1;
    return Math.max(wait, Math.round(leastMs * (1 + this.#policy.jitter * Math.random())));
  }

  /** It worked. */
  reset(): void {
    this.#failures = 0;
  }
}
