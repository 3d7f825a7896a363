/** How the edit lease stands, and the way on when somebody else has it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect } from 'react';
import type { ReactElement } from 'react';

import { RefusedError } from '../../../client';
import { editorOf } from '../presence/PresenceNote';
import type { Lease } from '../presence/useEditLease';
import { usePresence } from '../presence/usePresence';

interface LeaseNoteProps {
  itemId: string;
  lease: Lease;
  retry: () => void;
  /** The last save's error; LEASE_LOST is the lease's. */
  error: unknown;
  isForced: boolean;
  force: () => void;
}

export function LeaseNote(props: LeaseNoteProps): ReactElement | null {
  const { itemId, lease, retry, error, isForced, force } = props;
  const presence = usePresence([itemId]).get(itemId);
  const isFree = presence !== undefined && presence.lease === null;
  const isRefused = lease.state === 'refused';
  useEffect(() => {
    if (isRefused && isFree) retry();
  }, [isRefused, isFree, retry]);

  if (isForced) return null;
  if (error instanceof RefusedError && error.code === 'LEASE_LOST') {
    return (
      <Way
        text={t`Somebody else has begun to edit this item.`}
        action={t`Save all the same`}
        go={force}
      />
    );
  }
  if (lease.state !== 'refused') return null;
  const name = editorOf(presence);
  return (
    <Way
      text={name ? t`${name} is editing this item.` : lease.reason}
      action={t`Edit all the same`}
      go={force}
    />
  );
}

function Way(props: { text: string; action: string; go: () => void }): ReactElement {
  return (
    <div className="form__note lease-note" role="status">
      <span>
        <Trans><strong>{props.text}</strong> If you both save, you will be asked whose values count.</Trans>
      </span>
      <button type="button" className="button button--small" onClick={props.go}>
        {props.action}
      </button>
    </div>
  );
}
