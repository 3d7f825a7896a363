/** The places where stock is kept. */
import { useMutation, useQuery } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import { CreateLocationDocument, LocationsDocument } from '../../../client/generated/graphql';
import { usePermissions } from '../session/SessionContext';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Icon } from '../ui/Icon';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { useLoadAgain } from '../ui/useLoadAgain';

export default function LocationsPage(): ReactElement {
  const { mayWrite } = usePermissions();
  const { data, error, refetch } = useQuery(LocationsDocument, {
    fetchPolicy: 'cache-and-network',
  });
  const loadAgain = useLoadAgain(error, refetch);
  const [isCreating, setCreating] = useState(false);
  const locations = data?.locations;
  return (
    <Page
      title="Locations"
      actions={
        mayWrite && (
          <button
            type="button"
            className="button button--primary"
            onClick={() => setCreating(true)}
          >
            <Icon name="plus" />
            New location
          </button>
        )
      }
    >
      <div className="card">
        {!locations && !error && <Loading rows={3} label="Loading locations" />}
        {!locations && error && <Failed error={error} retry={loadAgain} />}
        {locations && <Outdated error={error} retry={loadAgain} />}
        {locations?.length === 0 && <Empty icon="locations" title="No locations" />}
        {locations && locations.length > 0 && (
          <div className="table-frame">
            <table className="table">
              <caption className="visually-hidden">Locations</caption>
              <thead>
                <tr>
                  <th scope="col">Code</th>
                  <th scope="col">Name</th>
                </tr>
              </thead>
              <tbody>
                {locations.map(({ id, code, name }) => (
                  <tr key={id}>
                    <td className="code">{code}</td>
                    <td>{name}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
      {isCreating && (
        <CreateLocationDialog onClose={() => setCreating(false)} onCreated={loadAgain} />
      )}
    </Page>
  );
}

interface CreateLocationDialogProps {
  onClose: () => void;
  onCreated: () => void;
}

function CreateLocationDialog({ onClose, onCreated }: CreateLocationDialogProps): ReactElement {
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [create] = useMutation(CreateLocationDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const input = { code: code.trim(), name: name.trim() };
    const { data } = await create({ variables: { input } });
    throwIfRefused(data?.createLocation.userErrors ?? []);
    onCreated();
    onClose();
    tell({ tone: 'good', title: 'Location created', text: name });
  });
  return (
    <Dialog title="New location" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <TextField label="Code" value={code} onText={setCode} required maxLength={32} />
        <TextField label="Name" value={name} onText={setName} required maxLength={200} />
        <FormError error={error} />
        <FormActions submit="Create location" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
