/** What can be done with an attachment; the cache has it when it is done. */
import { useApolloClient } from '@apollo/client/react';

import { throwIfRefused, useInventoryClient } from '../../../client';
import {
  DeleteAttachmentDocument,
  MoveAttachmentDocument,
  RenameAttachmentDocument,
} from '../../../client/generated/graphql';
import type { AttachmentsAfterFragment } from '../../../client/generated/graphql';
import { saveBlob } from '../ui/saveBlob';
import type { Attachment } from './AttachmentsCard';
import { bytesOf } from './pictureBytes';
import { writeAttachments } from './useAttachmentChanges';

export interface AttachmentActions {
  rename: (name: string) => Promise<void>;
  /** Among those of its kind, from 0 on. */
  move: (position: number) => Promise<void>;
  remove: () => Promise<void>;
  save: () => Promise<void>;
}

/** Each rejects in words when it was not done. */
export function useAttachmentActions({ id, itemId, url, name }: Attachment): AttachmentActions {
  const apollo = useApolloClient();
  const client = useInventoryClient();
  const take = (after: AttachmentsAfterFragment | undefined): void => {
    if (!after) return;
    throwIfRefused(after.userErrors);
    writeAttachments(apollo.cache, itemId, after.attachments);
  };
  return {
    rename: async (newName) => {
      const variables = { input: { id, name: newName } };
      const { data } = await apollo.mutate({ mutation: RenameAttachmentDocument, variables });
      take(data?.renameAttachment);
    },
    move: async (position) => {
      const variables = { input: { id, position } };
      const { data } = await apollo.mutate({ mutation: MoveAttachmentDocument, variables });
      take(data?.moveAttachment);
    },
    remove: async () => {
      const { data } = await apollo.mutate({
        mutation: DeleteAttachmentDocument,
        variables: { id },
      });
      take(data?.deleteAttachment);
    },
    save: async () => saveBlob(await bytesOf(client, url), name),
  };
}
