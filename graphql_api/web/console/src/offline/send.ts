/** A booking as a mutation, and its payload as an answer. */
import { t } from '@lingui/core/macro';
import type { ApolloClient } from '@apollo/client';

import {
  AdjustStockBatchDocument,
  AdjustStockDocument,
  SetStockBatchDocument,
  SetStockDocument,
  TransferStockDocument,
} from '../../../client/generated/graphql';
import type { Answer, Request } from './booking';

/** As this user and nobody else. Rejects when there is no payload. */
export async function sent(
  apollo: ApolloClient,
  { kind, input }: Request,
  userId: string,
  signal?: AbortSignal,
): Promise<Answer> {
  const context = { onlyAs: userId, ...(signal && { fetchOptions: { signal } }) };
  switch (kind) {
    case 'ADJUST': {
      const asked = { mutation: AdjustStockDocument, variables: { input }, context };
      return ofOne((await apollo.mutate(asked)).data?.adjustStock);
    }
    case 'COUNT': {
      const asked = { mutation: SetStockDocument, variables: { input }, context };
      return ofOne((await apollo.mutate(asked)).data?.setStock);
    }
    case 'TRANSFER': {
      const asked = { mutation: TransferStockDocument, variables: { input }, context };
      return required((await apollo.mutate(asked)).data?.transferStock);
    }
    case 'RECEIVE_LINES': {
      const asked = { mutation: AdjustStockBatchDocument, variables: { input }, context };
      return required((await apollo.mutate(asked)).data?.adjustStockBatch);
    }
    case 'COUNT_LINES': {
      const asked = { mutation: SetStockBatchDocument, variables: { input }, context };
      return required((await apollo.mutate(asked)).data?.setStockBatch);
    }
  }
}

interface OnePayload {
  movement: { id: string } | null;
  userErrors: Answer['userErrors'];
}

function ofOne(payload: OnePayload | undefined): Answer {
  const { movement, userErrors } = required(payload);
  const movements = movement === null ? [] : [{ id: movement.id }];
  return { movements, applied: userErrors.length === 0 ? 1 : 0, userErrors };
}

function required<T>(payload: T | undefined): T {
  if (payload === undefined) throw new Error(t`The server sent no answer.`);
  return payload;
}
