/**
 * Takes bookings back from the toast that told of them: each movement is reversed, under a key that
 * is made of it, so that pressing twice or a lost answer takes nothing back twice.
 */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useCallback } from 'react';

import { throwIfRefused } from '../../../client';
import { ReverseMovementDocument } from '../../../client/generated/graphql';
import { describe } from '../ui/describe';
import { useToast } from '../ui/Toasts';
import type { Toast } from '../ui/Toasts';

type ToastAction = NonNullable<Toast['action']>;

/** what: the name of what was booked. Nothing for bookings without a movement. */
export function useUndo(): (movements: readonly { id: string }[], what: string) => { action?: ToastAction } {
  const [reverse] = useMutation(ReverseMovementDocument);
  const tell = useToast();
  const takeBack = useCallback(
    async (movementId: string): Promise<string | null> => {
      try {
        const input = { idempotencyKey: `undo ${movementId}`, movementId };
        const { data } = await reverse({ variables: { input } });
        throwIfRefused(data?.reverseMovement.userErrors ?? []);
        return null;
      } catch (error) {
        return describe(error);
      }
    },
    [reverse],
  );
  return useCallback(
    (movements, what) => {
      if (movements.length === 0) return {};
      const undo = async (): Promise<void> => {
        const problems: string[] = [];
        // One after the other, the last first: what was booked on top goes before what is below.
        for (const { id } of [...movements].reverse()) {
          const problem = await takeBack(id);
          if (problem !== null) problems.push(problem);
        }
        if (problems.length === 0) return tell({ tone: 'good', title: t`Taken back`, text: what });
        const of = t`${problems.length} of ${movements.length} could not be taken back`;
        tell({ tone: 'bad', title: movements.length === 1 ? t`Not taken back` : of, text: problems[0] ?? '' });
      };
      return { action: { label: t`Undo`, act: () => void undo() } };
    },
    [takeBack, tell],
  );
}
