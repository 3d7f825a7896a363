/** The filters that this person has named, to come back to them; and a way to name this one. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { useViewer } from '../session/SessionContext';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { Icon } from '../ui/Icon';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';
import { keep, kept, NAME_MAX, withSaved } from './savedFilters';
import type { SavedFilter } from './savedFilters';

interface SavedFiltersProps {
  /** As it is now: the address's query; '': nothing is filtered. */
  query: string;
  choose: (query: string) => void;
}

export function SavedFilters({ query, choose }: SavedFiltersProps): ReactElement | null {
  const { id } = useViewer();
  const [saved, setSaved] = useState(() => kept(id));
  const [isNaming, setNaming] = useState(false);
  const tell = useToast();
  const change = (filters: SavedFilter[]): void => {
    setSaved(filters);
    if (keep(id, filters)) return;
    tell({ tone: 'bad', title: t`This browser does not keep it`, text: t`It is there until you leave.` });
  };
  const current = saved.find((filter) => filter.query === query);
  if (saved.length === 0 && query === '') return null;
  return (
    <div className="saved-filters" role="group" aria-label={t`Saved filters`}>
      {saved.map((filter) => (
        <button
          key={filter.name}
          type="button"
          className="button button--small saved-filters__one"
          aria-pressed={filter === current}
          title={filter.name}
          onClick={() => choose(filter === current ? '' : filter.query)}
        >
          <span>{filter.name}</span>
        </button>
      ))}
      {query !== '' && !current && (
        <button
          type="button"
          className="button button--quiet button--small"
          onClick={() => setNaming(true)}
        >
          <Icon name="plus" />
          <Trans>Save this filter</Trans>
        </button>
      )}
      {current && (
        <button
          type="button"
          className="button button--quiet button--small"
          onClick={() => change(saved.filter((filter) => filter !== current))}
        >
          <Icon name="trash" />
          <Trans>Forget this filter</Trans>
        </button>
      )}
      {isNaming && (
        <NameDialog
          onClose={() => setNaming(false)}
          save={(name) => change(withSaved(saved, { name, query }))}
        />
      )}
    </div>
  );
}

function NameDialog(props: { onClose: () => void; save: (name: string) => void }): ReactElement {
  const [name, setName] = useState('');
  return (
    <Dialog title={t`Save this filter`} onClose={props.onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          props.save(name.trim());
          props.onClose();
        }}
      >
        <TextField
          label={t`Name`}
          hint={t`Kept in this browser, for you alone.`}
          required
          pattern=".*\S.*"
          maxLength={NAME_MAX}
          value={name}
          onText={setName}
        />
        <FormActions submit={t`Save`} busy={false} onCancel={props.onClose} />
      </form>
    </Dialog>
  );
}
