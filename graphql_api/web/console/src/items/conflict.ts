/**
 * Two people changed one item: which of their changes stand against each other. Pure.
 *
 * Three states are compared: the one that this person began with, that person's own, and the
 * server's of now.
 */
import { changedFields } from './itemDraft';
import type { DraftField, ItemDraft } from './itemDraft';

export interface Conflict {
  /** Both changed it, to different values: a person must choose. */
  disputed: DraftField[];
  /** Only the others changed it: it stays as they left it. */
  theirs: DraftField[];
}

export function conflictOf(base: ItemDraft, mine: ItemDraft, theirs: ItemDraft): Conflict {
  const ours = new Set(changedFields(base, mine));
  const changed = changedFields(base, theirs);
  return {
    disputed: changed.filter((field) => ours.has(field) && mine[field] !== theirs[field]),
    theirs: changed.filter((field) => !ours.has(field)),
  };
}

export type Choice = 'mine' | 'theirs';

/** The item as it will be. choices: one for each disputed field. */
export function resolved(
  base: ItemDraft,
  mine: ItemDraft,
  theirs: ItemDraft,
  choices: ReadonlyMap<DraftField, Choice>,
): ItemDraft {
  const keptMine = changedFields(base, mine).filter((field) => choices.get(field) !== 'theirs');
  return {
    ...theirs,
    ...Object.fromEntries(keptMine.map((field) => [field, mine[field]])),
  };
}
