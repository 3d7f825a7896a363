/** The list of imports, kept as the server has it: also of those that other people run. */
import { useQuery, useSubscription } from '@apollo/client/react';
import { useCallback, useEffect, useEffectEvent, useState } from 'react';

import { useInventoryClient } from '../../../client';
import {
  ImportProgressDocument,
  ImportStateDocument,
  ImportsDocument,
} from '../../../client/generated/graphql';
import type { ImportsQuery } from '../../../client/generated/graphql';
import { placeImport } from './placeImport';

const PAGE = 25;
const ASKED_AGAIN_MS = 5_000; // what runs: of one whose server is gone nobody tells

export interface PastImports {
  page: ImportsQuery['fileImports'] | undefined;
  error: unknown;
  refetch: () => Promise<unknown>;
  more: () => Promise<unknown>;
  /** Bytes that were read of each that runs, as far as it was told. */
  bytesDone: Readonly<Record<string, number>>;
}

export function usePastImports(): PastImports {
  const { apollo } = useInventoryClient();
  const [bytesDone, setBytesDone] = useState<Readonly<Record<string, number>>>({});
  const { data, error, refetch, fetchMore } = useQuery(ImportsDocument, {
    variables: { first: PAGE },
    fetchPolicy: 'cache-and-network',
  });
  const page = data?.fileImports;
  /** Asks how an import stands, and puts it into the list if it is new there. */
  const look = useCallback(
    (id: string): void => {
      apollo
        .query({
          query: ImportStateDocument,
          variables: { id },
          fetchPolicy: 'network-only',
          context: { queryDeduplication: false }, // one on its way may be answered from before
        })
        .then(({ data: seen }) => seen?.import && placeImport(apollo.cache, seen.import))
        .catch(() => undefined); // it is asked again, or the list is
    },
    [apollo],
  );
  useSubscription(ImportProgressDocument, {
    onData: ({ data: { data: told } }) => {
      if (!told) return;
      const { importId, bytesDone: bytes } = told.importProgress;
      setBytesDone((before) => ({ ...before, [importId]: bytes }));
      look(importId);
    },
  });
  const running = (page?.nodes ?? [])
    .filter(({ status }) => status === 'RUNNING')
    .map(({ id }) => id);
  const askAgain = useEffectEvent(() => running.forEach(look));
  const isRunning = running.length > 0;
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => askAgain(), ASKED_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return {
    page,
    error,
    refetch,
    more: () => fetchMore({ variables: { after: page?.pageInfo.endCursor } }),
    bytesDone,
  };
}
