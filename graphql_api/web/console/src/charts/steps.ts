/** Where the lines of a chart of whole units lie. Pure. */

const STEPS = 5; // about so many lines lie across

/** Zero in it, and whole steps at both ends: what is below zero has a label too. */
export function wholeSteps(least: number | null, most: number | null): [number, number] {
  const [min, max] = [Math.min(least ?? 0, 0), Math.max(most ?? 0, 0)];
  const step = stepOf(max - min);
  const high = Math.ceil(max / step) * step;
  return [Math.floor(min / step) * step, high === 0 && min === 0 ? step : high];
}

/** Where the lines lie, from the lowest on. */
export function stepsBetween(min: number, max: number): number[] {
  const step = stepOf(max - min, STEPS + 2); // the ends were moved outwards by a step each at most
  const first = Math.ceil(min / step);
  const count = Math.floor(max / step) - first + 1;
  return Array.from({ length: count }, (_, at) => (first + at) * step);
}

/** 1, 2, 5, 10, 20 … whole units. */
function stepOf(span: number, count = STEPS): number {
  const least = Math.max(span / count, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((times) => times * power >= least) ?? 10) * power;
}
