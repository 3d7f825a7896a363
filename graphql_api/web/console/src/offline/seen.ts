/**
 * What was last seen, kept on this device so that the console shows it when it opens without the
 * server: a part of Apollo's cache, for one person, until that person signs out.
 *
 * Kept are things in stock: lists of items, items, places, alerts, movements and figures. Not kept are
 * accounts, sessions, notifications and imports.
 */
import type { NormalizedCacheObject } from '@apollo/client';

import type { Viewer } from '../../../client';

export const SEEN_FORM = 1; // of what is stored; what another version kept is left out
const CHARACTERS_MAX = 2_000_000; // some thousand items; the queries that were asked last go first
const AGE_MAX_MS = 7 * 86_400_000; // older figures help nobody

const KEPT = new Set([
  'alerts',
  'categories',
  'inventorySummary',
  'item',
  'items',
  'location',
  'locations',
  'movementSeries',
  'nodes',
  'stockMovements',
]);

export interface Seen {
  form: typeof SEEN_FORM;
  userId: string;
  viewer: Viewer;
  /** Until when it was as the server has it; milliseconds since 1970. */
  atMs: number;
  cache: NormalizedCacheObject;
}

/** null: it cannot be used by this version, or not any more. */
export function usable(seen: Seen | undefined, nowMs: number): Seen | null {
  const isGood = seen?.form === SEEN_FORM && nowMs - seen.atMs < AGE_MAX_MS;
  return isGood ? seen : null;
}

/** The part of a cache that is kept: what the newest questions reach, as far as there is room. */
export function partOf(cache: NormalizedCacheObject): NormalizedCacheObject {
  const root = cache.ROOT_QUERY;
  const kept: NormalizedCacheObject = {};
  if (root === undefined) return kept;
  const asked: Record<string, unknown> = { __typename: 'Query' };
  let left = CHARACTERS_MAX;
  for (const [name, value] of Object.entries(root).reverse()) {
    if (!KEPT.has(/^\w+/.exec(name)?.[0] ?? '')) continue;
    const reached = reachedFrom(value, cache, kept);
    const size = JSON.stringify([value, reached]).length;
    if (size > left) continue;
    left -= size;
    asked[name] = value;
    Object.assign(kept, reached);
  }
  return { ...kept, ROOT_QUERY: asked as NormalizedCacheObject[string] };
}

/** The objects that a value refers to, at whatever depth, without those that are kept already. */
function reachedFrom(
  value: unknown,
  cache: NormalizedCacheObject,
  kept: NormalizedCacheObject,
): NormalizedCacheObject {
  const reached: NormalizedCacheObject = {};
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const id = (next as { __ref?: unknown }).__ref;
    if (typeof id !== 'string') {
      waiting.push(...Object.values(next));
      continue;
    }
    const known = cache[id];
    if (known === undefined || id in kept || id in reached) continue;
    reached[id] = known;
    waiting.push(...Object.values(known));
  }
  return reached;
}
