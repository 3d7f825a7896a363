/** How much to order, of alerts that came or changed while somebody looks: events do not say it. */
import { useApolloClient } from '@apollo/client/react';
import { useEffect } from 'react';

import { useInventoryClient } from '../../../client';
import { AlertSuggestionsDocument } from '../../../client/generated/graphql';
import { AT_ONCE_MAX } from './manyAlerts';

const GATHER_MS = 400; // the events of one action

/** Asks into the cache; those that cannot be asked for have no suggestion. */
export function useSuggestions(): void {
  const { realtime } = useInventoryClient();
  const apollo = useApolloClient();
  useEffect(() => {
    const heard = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      timer = undefined;
      const ids = [...heard].slice(0, AT_ONCE_MAX); // of a flood the list itself tells the rest
      heard.clear();
      apollo
        .query({
          query: AlertSuggestionsDocument,
          variables: { ids },
          fetchPolicy: 'network-only',
        })
        .catch(() => undefined);
    };
    const stop = realtime.alerts.listen(({ alert }) => {
      if (alert.status === 'RESOLVED') return;
      heard.add(alert.id);
      timer ??= setTimeout(ask, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [realtime, apollo]);
}
