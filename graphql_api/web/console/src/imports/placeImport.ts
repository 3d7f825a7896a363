/** An import that was heard of, put into the cached lists. */
import type { ApolloCache, Reference } from '@apollo/client';

import { inserted } from '../../../client/paging';
import type { Connection } from '../../../client/paging';

/** Where it belongs, newest first; one that is there stays in its place. */
export function placeImport(cache: ApolloCache, { id }: { id: string }): void {
  const ref: Reference = { __ref: cache.identify({ __typename: 'FileImport', id }) ?? '' };
  cache.modify<Record<string, Connection>>({
    fields: {
      fileImports: (list, { readField }) =>
        inserted(
          list as Connection,
          ref,
          (other) => BigInt(String(readField('id', other))) < BigInt(id),
          true,
        ),
    },
  });
}
