/** Asks again for the rows that are loaded, and not for their list: that would be its first page alone. */
import { useApolloClient } from '@apollo/client/react';

import type { Item } from '../../../client';
import { ItemPicturesDocument } from '../../../client/generated/graphql';
import { inParts } from './manyItems';

export function usePicturesNow(items: readonly Item[]): () => Promise<void> {
  const apollo = useApolloClient();
  return async () => {
    for (const some of inParts(items)) {
      await apollo.query({
        query: ItemPicturesDocument,
        variables: { ids: some.map(({ id }) => id) },
        fetchPolicy: 'network-only',
      });
    }
  };
}
