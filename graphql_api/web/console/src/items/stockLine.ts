/** Movements as the points of a line that holds its value until the next one. Pure. */
import type { MovementFieldsFragment } from '../../../client/generated/graphql';

type Point = Pick<MovementFieldsFragment, 'recordedAt' | 'oldStock' | 'newStock'>;

const LEAD_S = 60; // of the line before its first change, at least
const LEAD_SHARE = 0.03; // of the whole span

/** movements: newest first, at least one. times: seconds since 1970, rising to nowMs. */
export function stockLine(
  movements: readonly Point[],
  nowMs: number,
): { times: number[]; values: number[] } {
  // The two halves of a transfer have one time: the stock between them never was.
  const rising = movements
    .filter(({ recordedAt }, index) => movements[index - 1]?.recordedAt !== recordedAt)
    .toReversed();
  const first = movements.at(-1);
  const last = rising.at(-1);
  if (first === undefined || last === undefined) return { times: [], values: [] };
  const seconds = rising.map(({ recordedAt }) => Date.parse(recordedAt) / 1_000);
  const begin = seconds[0] ?? 0;
  const end = Math.max(nowMs / 1_000, seconds.at(-1) ?? 0);
  const lead = Math.max((end - begin) * LEAD_SHARE, LEAD_S);
  return {
    times: [begin - lead, ...seconds, end],
    values: [first.oldStock, ...rising.map(({ newStock }) => newStock), last.newStock],
  };
}
