/** The categories that this page has come across: the server has no list of them. */
import { useEffect, useSyncExternalStore } from 'react';

import type { Item } from '../../../client';

const NONE: readonly Item[] = [];

let known: readonly string[] = [];
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function learn(items: readonly Item[]): void {
  const all = new Set(known);
  for (const { category } of items) if (category) all.add(category);
  if (all.size === known.length) return;
  known = [...all].sort((a, b) => a.localeCompare(b));
  for (const listener of listeners) listener();
}

/** Sorted; those of `items` among them. */
export function useCategories(items: readonly Item[] = NONE): readonly string[] {
  useEffect(() => learn(items), [items]);
  return useSyncExternalStore(subscribe, () => known);
}
