/**
 * Editing an item: under a lease that shows others who edits, and under the item's version, which
 * is what protects it. Of changes by two people, a person decides: see VersionConflict.
 */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { useMyPresence, useTyped } from '../presence/PresenceProvider';
import { useEditLease } from '../presence/useEditLease';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { ItemForm } from './ItemForm';
import { LeaseNote } from './LeaseNote';
import { draftOf } from './itemDraft';
import type { EditedItem, ItemDraft } from './itemDraft';
import { useSaveItem } from './useSaveItem';
import { VersionConflict } from './VersionConflict';

interface EditItemDialogProps {
  item: EditedItem;
  onClose: () => void;
}

export function EditItemDialog({ item, onClose }: EditItemDialogProps): ReactElement {
  const [base, setBase] = useState(item);
  const [draft, setDraft] = useState(() => draftOf(item));
  const [theirs, setTheirs] = useState<EditedItem | null>(null);
  const [isForced, setForced] = useState(false); // go on without the lease
  const typed = useTyped();
  const { lease, retry } = useEditLease(item.id);
  // Who was refused the lease looks, whatever the form shows.
  useMyPresence(item.id, lease.state === 'held' ? 'EDITING' : 'VIEWING');
  const save = useSaveItem();
  const tell = useToast();

  const { run, busy, error, clear } = useSubmit(async (from: EditedItem, wanted: ItemDraft) => {
    const token = lease.state === 'held' && !isForced ? lease.token : null;
    const rival = await save(from, wanted, token);
    setTheirs(rival);
    if (rival !== null) return;
    onClose();
    tell({ tone: 'good', title: t`Saved`, text: wanted.name });
  });

  const change = (changes: Partial<ItemDraft>): void => {
    setDraft({ ...draft, ...changes });
    typed();
  };
  const settle = (merged: ItemDraft): void => {
    if (theirs === null) return;
    setBase(theirs);
    setDraft(merged);
    setTheirs(null);
    void run(theirs, merged);
  };

  const isBarred = lease.state === 'refused' && !isForced;
  return (
    <Dialog title={t`Edit ${base.name}`} onClose={onClose} wide={theirs !== null}>
      {theirs ? (
        <VersionConflict
          base={draftOf(base)}
          mine={draft}
          theirs={theirs}
          busy={busy}
          onResolved={settle}
          onCancel={() => setTheirs(null)}
        />
      ) : (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            void run(base, draft);
          }}
        >
          <LeaseNote
            itemId={item.id}
            lease={lease}
            retry={retry}
            isForced={isForced}
            error={error}
            force={() => {
              setForced(true);
              clear();
            }}
          />
          <fieldset className="fieldset form" disabled={isBarred}>
            <legend className="visually-hidden"><Trans>The item</Trans></legend>
            <ItemForm draft={draft} change={change} />
          </fieldset>
          <FormError error={error} />
          <FormActions submit={t`Save`} busy={busy} disabled={isBarred} onCancel={onClose} />
        </form>
      )}
    </Dialog>
  );
}
