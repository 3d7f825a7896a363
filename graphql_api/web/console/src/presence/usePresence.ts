/** Who is at which item now, themselves left out. */
import { useEffect, useMemo, useState } from 'react';

import { useInventoryClient } from '../../../client';
import { PresenceChangesDocument } from '../../../client/generated/graphql';
import type { PresenceFieldsFragment } from '../../../client/generated/graphql';
import { useViewer } from '../session/SessionContext';
import { useLoadAgain } from '../ui/useLoadAgain';

export type ItemPresence = PresenceFieldsFragment;

const NONE: ReadonlyMap<string, ItemPresence> = new Map();
const ITEMS_MAX = 100; // rows whose company is shown; a person sees no more at a time

/** By item id; items without anybody else may be absent. */
export function usePresence(itemIds: readonly string[]): ReadonlyMap<string, ItemPresence> {
  const { apollo } = useInventoryClient();
  const viewer = useViewer();
  const [known, setKnown] = useState(NONE);
  const [failure, setFailure] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  useLoadAgain(failure, () => setRound((before) => before + 1));
  const key = itemIds.slice(0, ITEMS_MAX).join(',');

  useEffect(() => {
    setFailure(null);
    if (key === '') return undefined;
    const subscription = apollo
      .subscribe({
        query: PresenceChangesDocument,
        variables: { itemIds: key.split(',') },
        fetchPolicy: 'no-cache',
      })
      .subscribe({
        next: ({ data }) => {
          const change = data?.presenceChanged;
          if (change) setKnown((before) => newer(before, change));
        },
        error: (error: unknown) => {
          setKnown(NONE); // company is a courtesy: the screen works without it
          setFailure(error);
        },
      });
    return () => subscription.unsubscribe();
  }, [apollo, key, round]);

  return useMemo(() => withoutOneself(known, viewer.id), [known, viewer.id]);
}

function newer(
  known: ReadonlyMap<string, ItemPresence>,
  change: ItemPresence,
): ReadonlyMap<string, ItemPresence> {
  const before = known.get(change.itemId);
  if (before && Date.parse(before.at) > Date.parse(change.at)) return known;
  return new Map(known).set(change.itemId, change);
}

function withoutOneself(
  known: ReadonlyMap<string, ItemPresence>,
  viewerId: string,
): ReadonlyMap<string, ItemPresence> {
  const others = [...known].map(([itemId, presence]): [string, ItemPresence] => [
    itemId,
    {
      ...presence,
      participants: presence.participants.filter(({ user }) => user.userId !== viewerId),
      lease: presence.lease?.holder.userId === viewerId ? null : presence.lease,
    },
  ]);
  return new Map(others);
}
