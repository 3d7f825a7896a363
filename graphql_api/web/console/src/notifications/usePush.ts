/** Whether alerts are pushed to this browser, and turning that on and off. */
import { useMutation, useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useEffect, useState } from 'react';

import { throwIfRefused } from '../../../client';
import {
  PushSettingsDocument,
  RegisterPushDocument,
  UnregisterPushDocument,
} from '../../../client/generated/graphql';
import type { AlertSeverity } from '../../../client/generated/graphql';
import { forAccount } from '../language/account';
import { LANGUAGE } from '../language/active';
import { useLoadAgain } from '../ui/useLoadAgain';
import { canBePushedTo, currentSubscription, keysOf, subscribe } from './serviceWorker';

export type PushState =
  | { state: 'loading' }
  | { state: 'failed'; error: Error }
  /** The server or the browser cannot. */
  | { state: 'unavailable'; reason: string }
  | { state: 'off'; others: number }
  | { state: 'on'; minSeverity: AlertSeverity; others: number };

export interface Push {
  push: PushState;
  retry: () => void;
  /** Also to change the severity. Rejects with an Error in words. */
  turnOn: (minSeverity: AlertSeverity) => Promise<void>;
  turnOff: () => Promise<void>;
}

export function usePush(): Push {
  const { data, error, refetch } = useQuery(PushSettingsDocument, {
    fetchPolicy: 'cache-and-network',
  });
  const [register] = useMutation(RegisterPushDocument);
  const [unregister] = useMutation(UnregisterPushDocument);
  const [endpoint, setEndpoint] = useState<string | null | undefined>(undefined);

  useEffect(() => {
    if (!canBePushedTo()) return;
    currentSubscription().then(
      (subscription) => setEndpoint(subscription?.endpoint ?? null),
      () => setEndpoint(null),
    );
  }, []);

  const retry = useLoadAgain(error, refetch);
  const settings = data?.pushSettings;
  const turnOn = async (minSeverity: AlertSeverity): Promise<void> => {
    if (!settings?.publicKey) throw new Error(t`The server has no key for pushing.`);
    const subscription = await subscribe(settings.publicKey);
    const input = {
      endpoint: subscription.endpoint,
      ...keysOf(subscription),
      minSeverity,
      language: forAccount(LANGUAGE),
    };
    const answer = await register({ variables: { input } });
    throwIfRefused(answer.data?.registerPush.userErrors ?? []);
    setEndpoint(subscription.endpoint);
    await refetch();
  };
  const turnOff = async (): Promise<void> => {
    const subscription = await currentSubscription();
    if (subscription) {
      const variables = { endpoint: subscription.endpoint };
      const answer = await unregister({ variables });
      throwIfRefused(answer.data?.unregisterPush.userErrors ?? []);
      await subscription.unsubscribe();
    }
    setEndpoint(null);
    await refetch();
  };

  return { push: stateNow(), retry, turnOn, turnOff };

  function stateNow(): PushState {
    if (!canBePushedTo()) {
      return {
        state: 'unavailable',
        reason: t`This browser cannot be pushed to (HTTPS is needed).`,
      };
    }
    if (error && !settings) return { state: 'failed', error };
    if (!settings || endpoint === undefined) return { state: 'loading' };
    if (!settings.available) {
      return { state: 'unavailable', reason: t`The server is not set up for pushing.` };
    }
    const mine = settings.subscriptions.find((known) => known.endpoint === endpoint);
    const others = settings.subscriptions.length - (mine ? 1 : 0);
    return mine ? { state: 'on', minSeverity: mine.minSeverity, others } : { state: 'off', others };
  }
}
