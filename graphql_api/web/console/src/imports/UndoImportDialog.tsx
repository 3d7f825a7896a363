/** Asks before an import is taken back, and says what that does. */
import { useLazyQuery, useMutation } from '@apollo/client/react';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import { ImportStateDocument, UndoImportDocument } from '../../../client/generated/graphql';
import type { ImportFieldsFragment } from '../../../client/generated/graphql';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { useToast } from '../ui/Toasts';

interface UndoImportDialogProps {
  found: ImportFieldsFragment;
  onClose: () => void;
  onUndone: () => void;
}

export function UndoImportDialog({ found, onClose, onUndone }: UndoImportDialogProps): ReactElement {
  const [undo] = useMutation(UndoImportDocument);
  // Of one that was refused: so that the list says it too.
  const [look] = useLazyQuery(ImportStateDocument, { fetchPolicy: 'network-only' });
  const tell = useToast();
  const effects = effectsOf(found.counts);
  return (
    <ConfirmDialog
      title={t`Undo ${found.name}?`}
      action={t`Undo`}
      onClose={onClose}
      onConfirm={async () => {
        const { data } = await undo({ variables: { id: found.id } });
        const refusals = data?.undoImport.userErrors ?? [];
        if (refusals.length > 0) look({ variables: { id: found.id } }).catch(() => undefined);
        throwIfRefused(refusals);
        onClose();
        tell({ tone: 'good', title: t`Import undone`, text: found.name });
        onUndone();
      }}
    >
      {effects.length > 0 && (
        <ul>
          {effects.map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
      )}
      <p>
        <Trans>
          All that it wrote is taken back, or nothing: if anything else has touched its items since,
          it stays as it is.
        </Trans>
      </p>
    </ConfirmDialog>
  );
}

function effectsOf({ created, updated, booked }: ImportFieldsFragment['counts']): string[] {
  const effects: string[] = [];
  if (created > 0) {
    effects.push(
      plural(created, {
        one: '# item that it created is deleted, and its stock booked back.',
        other: '# items that it created are deleted, and their stock booked back.',
      }),
    );
  }
  if (updated > 0) {
    effects.push(
      plural(updated, {
        one: '# item that it changed gets its fields back as they were.',
        other: '# items that it changed get their fields back as they were.',
      }),
    );
  }
  if (booked > 0) {
    effects.push(
      plural(booked, {
        one: '# row of stock is booked back.',
        other: '# rows of stock are booked back.',
      }),
    );
  }
  return effects;
}
