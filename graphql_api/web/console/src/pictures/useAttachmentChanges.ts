/** Keeps the attachments of items in the cache as they are on the server, while it is mounted. */
import type { ApolloCache } from '@apollo/client';
import { useEffect, useEffectEvent, useState } from 'react';

import { useInventoryClient } from '../../../client';
import {
  AttachmentChangesDocument,
  AttachmentFieldsFragmentDoc,
} from '../../../client/generated/graphql';
import type { AttachmentFieldsFragment } from '../../../client/generated/graphql';
import { useLoadAgain } from '../ui/useLoadAgain';

/** An item's attachments, all of them, in their order. */
export function writeAttachments(
  cache: ApolloCache,
  itemId: string,
  attachments: readonly AttachmentFieldsFragment[],
): void {
  cache.batch({
    update: () => {
      const refs = attachments.map((data) =>
        cache.writeFragment({
          fragment: AttachmentFieldsFragmentDoc,
          fragmentName: 'AttachmentFields',
          data,
        }),
      );
      const main = attachments.findIndex(({ kind }) => kind === 'PICTURE');
      cache.modify({
        id: cache.identify({ __typename: 'InventoryItem', id: itemId }) ?? '',
        fields: {
          attachments: () => refs as never,
          mainPicture: () => (refs[main] ?? null) as never,
        },
      });
    },
  });
}

/** itemIds: null: of all items. missed: asks for what was not heard, after the connection or the
 * subscription was lost. */
export function useAttachmentChanges(
  itemIds: readonly string[] | null,
  missed: () => Promise<unknown>,
): void {
  const { apollo, realtime } = useInventoryClient();
  const [failure, setFailure] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const again = (): void => setRound((before) => before + 1);
  useLoadAgain(failure, again);
  const ask = useEffectEvent(() => {
    missed().catch(() => undefined); // the query's own error state tells it
  });
  const key = itemIds?.join(',') ?? null;
  useEffect(() => {
    setFailure(null);
    const subscription = apollo
      .subscribe({
        query: AttachmentChangesDocument,
        variables: { itemIds: key === null ? null : key.split(',') },
        fetchPolicy: 'no-cache',
      })
      .subscribe({
        next: ({ data, error }) => {
          const told = data?.attachmentsUpdated;
          if (told) writeAttachments(apollo.cache, told.itemId, told.attachments);
          else if (error) setFailure(error);
        },
      });
    if (round > 0) ask();
    return () => subscription.unsubscribe();
  }, [apollo, key, round]);

  useEffect(() => {
    let wasLost = false;
    return realtime.status.subscribe(() => {
      const { state } = realtime.status.get();
      if (state !== 'connected') wasLost = true;
      else if (wasLost) {
        wasLost = false;
        ask();
      }
    });
  }, [realtime]);
}
