/** What can be done with an import: what its state allows, each by a button. */
import { useMutation } from '@apollo/client/react';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { throwIfRefused, useInventoryClient } from '../../../client';
import { CancelImportDocument } from '../../../client/generated/graphql';
import type { ImportFieldsFragment } from '../../../client/generated/graphql';
import { FormError } from '../ui/FormError';
import { useSubmit } from '../ui/useSubmit';
import { saveRejects } from './files';
import { UndoImportDialog } from './UndoImportDialog';

interface ImportActionsProps {
  found: ImportFieldsFragment;
  /** Go on with one that waits to be started; without it that is not offered. */
  onOpen?: () => void;
  onUndone?: () => void;
  /** Further buttons, behind its own. */
  children?: ReactNode;
}

export function ImportActions(props: ImportActionsProps): ReactElement {
  const { found, onOpen, onUndone, children } = props;
  const client = useInventoryClient();
  const [isUndoing, setUndoing] = useState(false);
  const [cancel] = useMutation(CancelImportDocument);
  const cancelling = useSubmit(async () => {
    const { data } = await cancel({ variables: { id: found.id } });
    throwIfRefused(data?.cancelImport.userErrors ?? []);
  });
  const saving = useSubmit(() => saveRejects(client, found.id));
  const cancelled = (): void => void cancelling.run();
  return (
    <>
      <FormError error={cancelling.error ?? saving.error} />
      <div className="form__actions">
        {found.hasRejects && found.status !== 'RUNNING' && (
          <button type="button" className="button" onClick={() => void saving.run()}>
            <Trans>Save the rows left out<span className="visually-hidden"> {found.name}</span></Trans>
          </button>
        )}
        {found.status === 'RUNNING' && (
          <button type="button" className="button" disabled={cancelling.busy} onClick={cancelled}>
            <Trans>Cancel<span className="visually-hidden"> {found.name}</span></Trans>
          </button>
        )}
        {found.startable && onOpen && (
          <>
            <button type="button" className="button" disabled={cancelling.busy} onClick={cancelled}>
              <Trans>Discard the file<span className="visually-hidden"> {found.name}</span></Trans>
            </button>
            <button type="button" className="button" onClick={onOpen}>
              <Trans>Go on<span className="visually-hidden"> {found.name}</span></Trans>
            </button>
          </>
        )}
        {found.undoBlocker === null && (
          <button
            type="button"
            className="button button--danger"
            onClick={() => setUndoing(true)}
          >
            <Trans>Undo<span className="visually-hidden"> {found.name}</span></Trans>
          </button>
        )}
        {children}
      </div>
      {isUndoing && (
        <UndoImportDialog
          found={found}
          onClose={() => setUndoing(false)}
          onUndone={() => onUndone?.()}
        />
      )}
    </>
  );
}
