/** Saves an edited item; what others changed meanwhile is never overwritten unseen. */
import { t } from '@lingui/core/macro';

import { useInventoryClient, RefusedError, throwIfRefused } from '../../../client';
import { ItemNowDocument, UpdateItemDocument } from '../../../client/generated/graphql';
import { changedFields, draftOf, updateOf } from './itemDraft';
import type { EditedItem, ItemDraft } from './itemDraft';

const TRIES_MAX = 5; // against an item whose stock moves at each moment

/** Resolves to null when it is saved, or to the server's item when somebody else edited it. */
type Save = (base: EditedItem, wanted: ItemDraft, leaseToken: string | null) => Promise<EditedItem | null>;

export function useSaveItem(): Save {
  const { apollo } = useInventoryClient();

  const update = async (
    base: EditedItem,
    wanted: ItemDraft,
    leaseToken: string | null,
  ): Promise<void> => {
    const input = {
      id: base.id,
      expectedVersion: base.version,
      ...updateOf(draftOf(base), wanted),
      ...(leaseToken !== null && { leaseToken }),
    };
    const { data } = await apollo.mutate({ mutation: UpdateItemDocument, variables: { input } });
    throwIfRefused(data?.updateItem.userErrors ?? []);
  };

  const itemNow = async (id: string): Promise<EditedItem> => {
    const { data } = await apollo.query({
      query: ItemNowDocument,
      variables: { id },
      fetchPolicy: 'network-only',
    });
    if (!data?.item || data.item.deletedAt !== null) {
      throw new Error(t`This item was deleted while you edited it.`);
    }
    return data.item;
  };

  return async (base, wanted, leaseToken) => {
    if (changedFields(draftOf(base), wanted).length === 0) return null;
    let from = base;
    for (let tries = 1; ; tries += 1) {
      try {
        await update(from, wanted, leaseToken);
        return null;
      } catch (error) {
        if (!(error instanceof RefusedError) || error.code !== 'VERSION_CONFLICT') throw error;
        const now = await itemNow(base.id);
        // A new version with the same fields: only the stock has moved, which is not edited here.
        const isEdited = changedFields(draftOf(base), draftOf(now)).length > 0;
        if (isEdited) return now;
        if (tries === TRIES_MAX) throw error;
        from = now;
      }
    }
  };
}
