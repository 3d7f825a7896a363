/** The saved mappings: one is chosen for a file, named, renamed, deleted. */
import { useMutation, useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import {
  DeleteMappingDocument,
  RenameMappingDocument,
  SaveMappingDocument,
  SavedMappingsDocument,
} from '../../../client/generated/graphql';
import type { ImportOptions, SavedMappingFieldsFragment } from '../../../client/generated/graphql';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { Field } from '../ui/Field';
import { useToast } from '../ui/Toasts';
import { NameMappingDialog } from './NameMappingDialog';

interface SavedMappingFieldProps {
  importId: string;
  /** How the file is read now; its kind is known. */
  options: ImportOptions;
  chosen: SavedMappingFieldsFragment | null;
  /** Whether it was chosen since a file with the same header row was read so. */
  isProposed: boolean;
  onChoose: (mapping: SavedMappingFieldsFragment | null) => void;
  /** It was saved or renamed: how the file is read stays. */
  onNamed: (mapping: SavedMappingFieldsFragment) => void;
}

type Asking = 'save' | 'rename' | 'delete';

export function SavedMappingField(props: SavedMappingFieldProps): ReactElement {
  const { chosen, isProposed, onChoose } = props;
  const [asking, setAsking] = useState<Asking | null>(null);
  const { data } = useQuery(SavedMappingsDocument, { fetchPolicy: 'cache-and-network' });
  const saved = data?.importMappings ?? [];
  const isListed = saved.some(({ id }) => id === chosen?.id);
  const all = chosen === null || isListed ? saved : [chosen, ...saved];
  return (
    <>
      {all.length > 0 && (
        <Field
          label={t`Saved mapping`}
          hint={isProposed ? t`Chosen by itself: a file with the same header row was read so.` : undefined}
        >
          {(ids) => (
            <select
              {...ids}
              className="input"
              value={chosen?.id ?? ''}
              onChange={({ target }) => onChoose(all.find(({ id }) => id === target.value) ?? null)}
            >
              <option value=""><Trans>none: as it is found</Trans></option>
              {all.map(({ id, name, kind }) => (
                <option key={id} value={id}>
                  {kind === 'STOCK' ? t`${name} (stock)` : t`${name} (items)`}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div className="import-mapping__actions">
        <button type="button" className="button button--small" onClick={() => setAsking('save')}>
          <Trans>Save this mapping</Trans>
        </button>
        {chosen && (
          <>
            <button type="button" className="button button--small" onClick={() => setAsking('rename')}>
              <Trans>Rename<span className="visually-hidden"> {chosen.name}</span></Trans>
            </button>
            <button
              type="button"
              className="button button--small button--danger"
              onClick={() => setAsking('delete')}
            >
              <Trans>Delete<span className="visually-hidden"> {chosen.name}</span></Trans>
            </button>
          </>
        )}
      </div>
      {asking !== null && (
        <Asked {...props} asking={asking} saved={saved} onClose={() => setAsking(null)} />
      )}
    </>
  );
}

interface AskedProps extends SavedMappingFieldProps {
  asking: Asking;
  saved: readonly SavedMappingFieldsFragment[];
  onClose: () => void;
}

function Asked(props: AskedProps): ReactElement | null {
  const { importId, options, chosen, asking, saved, onClose, onChoose, onNamed } = props;
  const refetchQueries = [SavedMappingsDocument];
  const [save] = useMutation(SaveMappingDocument, { refetchQueries });
  const [rename] = useMutation(RenameMappingDocument, { refetchQueries });
  const [remove] = useMutation(DeleteMappingDocument, { refetchQueries });
  const tell = useToast();
  const named = (mapping: SavedMappingFieldsFragment | null | undefined, title: string): void => {
    if (!mapping) return;
    onNamed(mapping);
    tell({ tone: 'good', title, text: mapping.name });
  };
  if (asking === 'save') {
    return (
      <NameMappingDialog
        title={t`Save this mapping`}
        initial={chosen?.name ?? ''}
        replaceable={saved.filter(({ kind }) => kind === options.kind).map(({ name }) => name)}
        onClose={onClose}
        onNamed={async (name, replace) => {
          const { data } = await save({
            variables: { input: { import: importId, name, options, replace } },
          });
          throwIfRefused(data?.saveImportMapping.userErrors ?? []);
          named(data?.saveImportMapping.mapping, t`Mapping saved`);
        }}
      />
    );
  }
  if (chosen === null) return null;
  if (asking === 'rename') {
    return (
      <NameMappingDialog
        title={t`Rename ${chosen.name}`}
        initial={chosen.name}
        onClose={onClose}
        onNamed={async (name) => {
          const { data } = await rename({ variables: { input: { id: chosen.id, name } } });
          throwIfRefused(data?.renameImportMapping.userErrors ?? []);
          named(data?.renameImportMapping.mapping, t`Mapping renamed`);
        }}
      />
    );
  }
  return (
    <ConfirmDialog
      title={t`Delete the mapping ${chosen.name}?`}
      action={t`Delete`}
      onClose={onClose}
      onConfirm={async () => {
        const { data } = await remove({ variables: { id: chosen.id } });
        throwIfRefused(data?.deleteImportMapping.userErrors ?? []);
        onClose();
        onChoose(null);
        tell({ tone: 'good', title: t`Mapping deleted`, text: chosen.name });
      }}
    >
      <p><Trans>Nobody finds it here any more. What was imported with it stays.</Trans></p>
    </ConfirmDialog>
  );
}
