/** What may be done with a place: changed, taken out of use, brought back. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import { ArchiveLocationDocument, RestoreLocationDocument } from '../../../client/generated/graphql';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { describe } from '../ui/describe';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { LocationDialog } from './LocationDialog';
import type { KeptLocation } from './LocationDialog';

interface LocationActionsProps {
  location: KeptLocation;
  onChanged: () => void;
  small?: boolean;
}

export function LocationActions(props: LocationActionsProps): ReactElement {
  const { location, onChanged, small = false } = props;
  const [open, setOpen] = useState<'edit' | 'archive' | null>(null);
  const look = small ? 'button button--small' : 'button';
  const close = (): void => setOpen(null);
  return (
    <>
      {location.archivedAt === null ? (
        <>
          <button type="button" className={look} onClick={() => setOpen('edit')}>
            <Trans>Edit<span className="visually-hidden"> {location.code}</span></Trans>
          </button>
          <button type="button" className={look} onClick={() => setOpen('archive')}>
            <Trans>Archive<span className="visually-hidden"> {location.code}</span></Trans>
          </button>
        </>
      ) : (
        <RestoreButton location={location} onChanged={onChanged} look={look} />
      )}
      {open === 'edit' && (
        <LocationDialog location={location} onClose={close} onSaved={onChanged} />
      )}
      {open === 'archive' && (
        <ArchiveDialog location={location} onClose={close} onChanged={onChanged} />
      )}
    </>
  );
}

interface ArchiveDialogProps extends LocationActionsProps {
  onClose: () => void;
}

function ArchiveDialog({ location, onClose, onChanged }: ArchiveDialogProps): ReactElement {
  const [archive] = useMutation(ArchiveLocationDocument);
  const tell = useToast();
  return (
    <ConfirmDialog
      title={t`Archive ${location.name}?`}
      action={t`Archive location`}
      onClose={onClose}
      onConfirm={async () => {
        const { data } = await archive({ variables: { input: { id: location.id } } });
        throwIfRefused(data?.archiveLocation.userErrors ?? []);
        onClose();
        onChanged();
        tell({ tone: 'good', title: t`Location archived`, text: location.name });
      }}
    >
      <p>
        <Trans>It takes nothing in any more and is in no list; what happened there stays. Not while it
        holds stock or other locations lie in it. It can be restored.</Trans>
      </p>
    </ConfirmDialog>
  );
}

function RestoreButton(props: LocationActionsProps & { look: string }): ReactElement {
  const { location, onChanged, look } = props;
  const [restore] = useMutation(RestoreLocationDocument);
  const tell = useToast();
  const { run, busy } = useSubmit(
    async () => {
      const { data } = await restore({ variables: { input: { id: location.id } } });
      throwIfRefused(data?.restoreLocation.userErrors ?? []);
      onChanged();
      tell({ tone: 'good', title: t`Location restored`, text: location.name });
    },
    (error) => tell({ tone: 'bad', title: t`${location.name} was not restored`, text: describe(error) }),
  );
  return (
    <button type="button" className={look} disabled={busy} onClick={() => void run()}>
      <Trans>Restore<span className="visually-hidden"> {location.code}</span></Trans>
    </button>
  );
}
