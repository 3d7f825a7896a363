/**
 * The viewer, with the role of now. No event tells of a changed role, so it is asked for again when
 * the page comes back to the front, and when the server has forbidden something.
 */
import { useQuery } from '@apollo/client/react';
import { useCallback, useEffect } from 'react';

import type { Viewer } from '../../../client';
import { CurrentViewerDocument } from '../../../client/generated/graphql';
import { useLoadAgain } from '../ui/useLoadAgain';

/** known: from the sign-in, until there is something newer. */
export function useCurrentViewer(known: Viewer): { viewer: Viewer; refresh: () => void } {
  const { data, error, refetch } = useQuery(CurrentViewerDocument);
  useLoadAgain(error, refetch);
  const refresh = useCallback(() => {
    refetch().catch(() => undefined); // what is known stays; the server decides anyway
  }, [refetch]);
  useEffect(() => {
    const shown = (): void => {
      if (document.visibilityState === 'visible') refresh();
    };
    document.addEventListener('visibilitychange', shown);
    return () => document.removeEventListener('visibilitychange', shown);
  }, [refresh]);
  return { viewer: data?.viewer ?? known, refresh };
}
