/** One hold, as far as it is about an item, and what this person may do with it. */
import { useMutation } from '@apollo/client/react';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import {
  ConsumeHoldDocument,
  ExtendHoldDocument,
  ReleaseHoldDocument,
} from '../../../client/generated/graphql';
import type { HoldFieldsFragment } from '../../../client/generated/graphql';
import { usePermissions } from '../session/SessionContext';
import { useSubmitKey } from '../stock/useSubmitKey';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { describe } from '../ui/describe';
import { number, short } from '../ui/format';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';

const HOUR_MS = 3_600_000;

interface HoldLineProps {
  hold: HoldFieldsFragment;
  item: Item;
  onChanged: () => Promise<unknown>;
}

export function HoldLine({ hold, item, onChanged }: HoldLineProps): ReactElement {
  const { mayWrite } = usePermissions();
  const [isSelling, setSelling] = useState(false);
  const [release] = useMutation(ReleaseHoldDocument);
  const [extend] = useMutation(ExtendHoldDocument);
  const tell = useToast();
  const { run, busy } = useSubmit(
    async (work: () => Promise<void>) => {
      await work();
      await onChanged();
    },
    (error) => tell({ tone: 'bad', title: t`The hold is as it was`, text: describe(error) }),
  );
  const released = async (): Promise<void> => {
    const { data } = await release({ variables: { id: hold.id } });
    throwIfRefused(data?.releaseHold.userErrors ?? []);
  };
  const extended = async (): Promise<void> => {
    const expiresAt = new Date(Date.parse(hold.expiresAt) + HOUR_MS).toISOString();
    const { data } = await extend({ variables: { input: { id: hold.id, expiresAt } } });
    throwIfRefused(data?.extendHold.userErrors ?? []);
  };
  const own = hold.lines.filter(({ itemId }) => itemId === item.id);
  return (
    <li>
      {own.map(({ quantity, location }) => (
        <div key={location.id}>
          <Trans>
            <strong className="number">{number(quantity)}</strong> at{' '}
            <span className="code">{location.code}</span>
          </Trans>
        </div>
      ))}
      {hold.reference && <div className="code">{hold.reference}</div>}
      {hold.note && <div>{hold.note}</div>}
      <div className="muted">
        <Trans>until {short(hold.expiresAt)}</Trans>
        {hold.placedBy && t`, by ${hold.placedBy.name}`}
      </div>
      {mayWrite && (
        <div className="holds__actions">
          <button type="button" className="button button--small" onClick={() => setSelling(true)}>
            <Trans>
              Sell<span className="visually-hidden"> the hold {hold.reference}</span>
            </Trans>
          </button>
          <button
            type="button"
            className="button button--small"
            disabled={busy}
            onClick={() => void run(extended)}
          >
            <Trans>
              1 hour more<span className="visually-hidden"> the hold {hold.reference}</span>
            </Trans>
          </button>
          <button
            type="button"
            className="button button--small"
            disabled={busy}
            onClick={() => void run(released)}
          >
            <Trans>
              Release<span className="visually-hidden"> the hold {hold.reference}</span>
            </Trans>
          </button>
        </div>
      )}
      {isSelling && (
        <SellDialog hold={hold} onClose={() => setSelling(false)} onSold={onChanged} />
      )}
    </li>
  );
}

interface SellDialogProps {
  hold: HoldFieldsFragment;
  onClose: () => void;
  onSold: () => Promise<unknown>;
}

function SellDialog({ hold, onClose, onSold }: SellDialogProps): ReactElement {
  const [consume] = useMutation(ConsumeHoldDocument);
  const withKey = useSubmitKey();
  const tell = useToast();
  const units = hold.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return (
    <ConfirmDialog
      title={t`Sell what is held?`}
      action={t`Sell`}
      onClose={onClose}
      onConfirm={async () => {
        await withKey(async (idempotencyKey) => {
          const input = { idempotencyKey, id: hold.id };
          const { data } = await consume({ variables: { input } });
          throwIfRefused(data?.consumeHold.userErrors ?? []);
        });
        onClose();
        tell({ tone: 'good', title: t`Sold: ${number(units)}` });
        onSold().catch(() => undefined); // the page's own error state tells it
      }}
    >
      <p>
        {plural(units, {
          one: 'The whole hold is sold: # unit',
          other: 'The whole hold is sold: # units',
        })}
        {hold.lines.length > 1 &&
          plural(hold.lines.length, { one: ' in # line', other: ' in # lines' })}
        {hold.reference && t`, under the reference ${hold.reference}`}.
      </p>
    </ConfirmDialog>
  );
}
