/**
 * Lines that are collected before they are booked at once: what came in, or what was counted. Pure.
 * They are kept as text in the browser, so that they outlive a reload; see draftStore.ts.
 */
import { t } from '@lingui/core/macro';

import type { Sentence } from '../language/serverWords';
import { serverWords } from '../language/serverWords';
import { asCounted, asTyped, quantityOf, typedIn, unitOf } from '../stock/amounts';
import type { Amount, Measured, Unit } from '../stock/amounts';
import { NO_REASON } from '../stock/ReasonFields';
import type { Reason } from '../stock/ReasonFields';

export const LINES_MAX = 250; // of a batch, as the server takes it

/** What is booked, as far as a line shows it. */
export interface Goods extends Measured {
  sku: string;
  name: string;
}

export interface DraftLine {
  item: Goods;
  amount: Amount;
  /** Why the server refused it; null: it did not. */
  problem: string | null;
  /** The level at the place when the line was begun; null: not known. */
  seen: number | null;
}

/** What was sent, until it is answered: sent again it is the same, to the last character. */
export interface Sent {
  key: string;
  location: string;
  reason: Reason;
  lines: readonly DraftLine[];
  /** By line, what a count replaces; null: no count. */
  expected: readonly number[] | null;
}

export interface Draft {
  /** '': not chosen yet. */
  location: string;
  reason: Reason;
  /** The newest last. */
  lines: readonly DraftLine[];
  sent: Sent | null;
}

export const EMPTY_DRAFT: Draft = { location: '', reason: NO_REASON, lines: [], sent: null };

export interface Addition {
  item: Goods;
  /** Base units that come to what is there; null: the person types how many. */
  units: number | null;
  /** The unit that a new line is told in, if that is possible without a rest. */
  unit: Unit;
  seen: number | null;
}

/** With more of an item: in its line, or in a new one; a string: why it cannot be. */
export function added(lines: readonly DraftLine[], more: Addition): DraftLine[] | string {
  const { item, units, unit, seen } = more;
  const before = lines.find((line) => line.item.id === item.id);
  if (before === undefined) {
    if (lines.length >= LINES_MAX) return t`${LINES_MAX} lines are booked at once: book these first.`;
    const amount = units === null ? { text: '', unit: unit.name } : told(units, unit, item);
    return [...lines, { item, amount, problem: null, seen }];
  }
  if (units === null) return [...lines];
  const isEmpty = before.amount.text.trim() === '';
  const there = isEmpty ? 0 : quantityOf(before.amount, before.item);
  if (there === null) return t`The quantity of ${item.name} cannot be read: mend it first.`;
  const amount = told(there + units, unitOf(item, before.amount.unit), item);
  return lines.map((line) => (line === before ? { ...line, item, amount, problem: null } : line));
}

function told(units: number, unit: Unit, item: Goods): Amount {
  const isWhole = units % unit.factor === 0;
  const text = isWhole ? typedIn(units, unit) : null;
  if (text !== null) return { text, unit: unit.name };
  return { text: String(units), unit: unitOf(item, item.unit).name };
}

export function changed(
  lines: readonly DraftLine[],
  itemId: string,
  changes: Partial<DraftLine>,
): DraftLine[] {
  return lines.map((line) => (line.item.id === itemId ? { ...line, ...changes } : line));
}

export function without(lines: readonly DraftLine[], itemId: string): DraftLine[] {
  return lines.filter(({ item }) => item.id !== itemId);
}

/** Base units; null: nothing that can be read stands there. */
export function unitsOf({ item, amount }: DraftLine): number | null {
  return quantityOf(amount, item);
}

interface UserError extends Sentence {
  code: string;
  field: readonly string[] | null;
}

/** The lines that the server did not book, each with why. */
export function refusedOf(
  sent: Sent,
  applied: number,
  errors: readonly UserError[],
): readonly DraftLine[] {
  const problems = new Map<number, string>();
  for (const error of errors) {
    const [, within, line] = error.field ?? [];
    const at = Number(line ?? Number.NaN);
    if (within !== 'lines' || !Number.isInteger(at)) continue;
    problems.set(at, problems.get(at) ?? serverWords(error));
  }
  const ofAll = errors.find(({ field }) => field?.[1] !== 'lines');
  const all = ofAll === undefined ? null : serverWords(ofAll);
  // A line that cannot be at all refuses the others too: then nothing was booked.
  const isSplit = applied > 0 && applied + problems.size >= sent.lines.length;
  return sent.lines.flatMap((line, at) => {
    const problem = problems.get(at) ?? all;
    if (isSplit && !problems.has(at)) return [];
    return errors.length === 0 ? [] : [{ ...line, problem }];
  });
}

/** Lines that come back, before those that were begun since. Of what was begun anew meanwhile, the
 * new line stays, and tells what was refused. */
export function returned(
  lines: readonly DraftLine[],
  refused: readonly DraftLine[],
): readonly DraftLine[] {
  const begun = new Set(lines.map(({ item }) => item.id));
  const noted = lines.map((line) => {
    const before = refused.find(({ item }) => item.id === line.item.id);
    if (before === undefined) return line;
    const { text, unit } = before.amount;
    const problem = [t`${text} ${unit} sent before were not booked.`, before.problem];
    return { ...line, problem: problem.filter(Boolean).join(' ') };
  });
  return [...refused.filter(({ item }) => !begun.has(item.id)), ...noted];
}

/** A line as a receipt and as a count. */
export function receiptOf({ item, amount }: DraftLine): ReturnType<typeof asTyped> {
  return asTyped(amount, item);
}

export function countOf({ item, amount }: DraftLine): ReturnType<typeof asCounted> {
  return asCounted(asTyped(amount, item));
}
