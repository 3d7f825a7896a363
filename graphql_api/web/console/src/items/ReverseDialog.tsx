/** Takes a movement back by booking its opposite, once. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { ReverseMovementDocument } from '../../../client/generated/graphql';
import type { HistoryFieldsFragment } from '../../../client/generated/graphql';
import { ACTIONS } from '../live/feed';
import { useSubmitKey } from '../stock/useSubmitKey';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { short, signed } from '../ui/format';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';

interface ReverseDialogProps {
  item: Item;
  movement: HistoryFieldsFragment;
  onClose: () => void;
}

export function ReverseDialog({ item, movement, onClose }: ReverseDialogProps): ReactElement {
  const [reason, setReason] = useState('');
  const [reverse] = useMutation(ReverseMovementDocument);
  const withKey = useSubmitKey();
  const tell = useToast();
  const { id: movementId, actionType, quantity, occurredAt, location } = movement;
  const what = `${ACTIONS[actionType]} ${signed(quantity)}`;
  return (
    <ConfirmDialog
      title={t`Reverse ${what}?`}
      action={t`Reverse`}
      onClose={onClose}
      onConfirm={async () => {
        await withKey(async (idempotencyKey) => {
          const why = reason.trim() && { reason: reason.trim() };
          const input = { idempotencyKey, movementId, ...why };
          const { data } = await reverse({ variables: { input } });
          throwIfRefused(data?.reverseMovement.userErrors ?? []);
        });
        onClose();
        tell({ tone: 'good', title: t`Reversed: ${what}`, text: item.name });
      }}
    >
      <p>
        <Trans>
          {what} of {item.name} at {location.code}, {short(occurredAt)}.
        </Trans>{' '}
        {actionType === 'TRANSFER'
          ? t`The units go back to where they came from.`
          : t`${signed(-quantity)} is booked there.`}{' '}
        <Trans>Both stay in the ledger, and figures leave both out. It can be done once.</Trans>
      </p>
      <TextField label={t`Reason (optional)`} maxLength={500} value={reason} onText={setReason} />
    </ConfirmDialog>
  );
}
