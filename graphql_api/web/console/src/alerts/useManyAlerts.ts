/** Acknowledging, snoozing and resolving many alerts; who refuses what is told one by one. */
import { useMutation } from '@apollo/client/react';
import { useState } from 'react';

import type { Alert } from '../../../client';
import {
  AcknowledgeAlertsDocument,
  ResolveAlertsDocument,
  SnoozeAlertsDocument,
} from '../../../client/generated/graphql';
import type { ManyAlertsFragment } from '../../../client/generated/graphql';
import { inParts, refusalsOf } from './manyAlerts';
import type { Refused } from './manyAlerts';

export interface Done {
  applied: number;
  refused: readonly Refused[];
}

type Part = (ids: string[]) => Promise<ManyAlertsFragment | undefined>;

export interface ManyAlerts {
  acknowledge: (alerts: readonly Alert[]) => Promise<Done>;
  snooze: (alerts: readonly Alert[], until: string) => Promise<Done>;
  resolve: (alerts: readonly Alert[]) => Promise<Done>;
  /** Of the last time; empty when all were done. */
  refused: readonly Refused[];
  forget: () => void;
}

/** Each rejects when the server cannot be asked: what was done until then is done. */
export function useManyAlerts(): ManyAlerts {
  const [acknowledge] = useMutation(AcknowledgeAlertsDocument);
  const [snooze] = useMutation(SnoozeAlertsDocument);
  const [resolve] = useMutation(ResolveAlertsDocument);
  const [refused, setRefused] = useState<readonly Refused[]>([]);

  const eachPart = async (alerts: readonly Alert[], part: Part): Promise<Done> => {
    const done = { applied: 0, refused: [] as Refused[] };
    setRefused([]);
    for (const some of inParts(alerts)) {
      const payload = await part(some.map(({ id }) => id));
      done.applied += payload?.applied ?? 0;
      done.refused.push(...refusalsOf(some, payload?.userErrors ?? []));
      setRefused([...done.refused]);
    }
    return done;
  };
  return {
    acknowledge: (alerts) =>
      eachPart(alerts, async (ids) => {
        return (await acknowledge({ variables: { ids } })).data?.acknowledgeAlerts;
      }),
    snooze: (alerts, until) =>
      eachPart(alerts, async (ids) => {
        return (await snooze({ variables: { input: { ids, until } } })).data?.snoozeAlerts;
      }),
    resolve: (alerts) =>
      eachPart(alerts, async (ids) => {
        return (await resolve({ variables: { ids } })).data?.resolveAlerts;
      }),
    refused,
    forget: () => setRefused([]),
  };
}
