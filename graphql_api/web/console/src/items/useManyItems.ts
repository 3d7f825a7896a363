/** Changing and archiving many items; who refuses what is told one by one. */
import { useMutation } from '@apollo/client/react';
import { useState } from 'react';

import type { Item } from '../../../client';
import { ArchiveItemsDocument, UpdateItemsDocument } from '../../../client/generated/graphql';
import type { ManyItemsFragment } from '../../../client/generated/graphql';
import { inParts, refusalsOf } from './manyItems';
import type { Changes, Refused } from './manyItems';

export interface Done {
  applied: number;
  refused: readonly Refused[];
}

export interface ManyItems {
  change: (items: readonly Item[], changes: Changes) => Promise<Done>;
  archive: (items: readonly Item[]) => Promise<Done>;
  /** Of the last time; empty when all were done. */
  refused: readonly Refused[];
  forget: () => void;
}

/** Each rejects when the server cannot be asked: what was done until then is done. */
export function useManyItems(): ManyItems {
  const [update] = useMutation(UpdateItemsDocument);
  const [archive] = useMutation(ArchiveItemsDocument);
  const [refused, setRefused] = useState<readonly Refused[]>([]);
  const eachPart = async (
    items: readonly Item[],
    part: (some: Item[]) => Promise<ManyItemsFragment | undefined>,
  ): Promise<Done> => {
    const done = { applied: 0, refused: [] as Refused[] };
    setRefused([]);
    for (const some of inParts(items)) {
      const payload = await part(some);
      done.applied += payload?.applied ?? 0;
      done.refused.push(...refusalsOf(some, payload?.userErrors ?? []));
      setRefused([...done.refused]);
    }
    return done;
  };
  return {
    change: (items, changes) =>
      eachPart(items, async (some) => {
        const inputs = some.map(({ id }) => ({ id, ...changes }));
        return (await update({ variables: { inputs } })).data?.updateItems;
      }),
    archive: (items) =>
      eachPart(items, async (some) => {
        const ids = some.map(({ id }) => id);
        return (await archive({ variables: { ids } })).data?.archiveItems;
      }),
    refused,
    forget: () => setRefused([]),
  };
}
