/** Changes some fields of many items: what is left empty stays as it is in each. */
import { useId, useState } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import type { Visibility } from '../../../client/generated/graphql';
import { usePermissions } from '../session/SessionContext';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { NumberField } from '../ui/NumberField';
import { plural } from '../ui/plural';
import { reader } from '../ui/typedNumber';
import { useSubmit } from '../ui/useSubmit';
import { changesOf, NO_CHANGES } from './manyItems';
import type { Changes, ManyDraft } from './manyItems';
import { useCategories } from './useCategories';

interface BulkEditDialogProps {
  items: readonly Item[];
  onClose: () => void;
  /** Rejects when not all was asked for; the dialog stays and tells why. */
  save: (changes: Changes) => Promise<void>;
}

const CATEGORY_MAX = 255;

export function BulkEditDialog({ items, onClose, save }: BulkEditDialogProps): ReactElement {
  const { isAdmin } = usePermissions();
  const [draft, setDraft] = useState(NO_CHANGES);
  const set = (changes: Partial<ManyDraft>): void => setDraft({ ...draft, ...changes });
  const changes = changesOf(draft);
  const listId = useId();
  const categories = useCategories(items);
  const { run, busy, error } = useSubmit(async () => {
    if (changes === null) return;
    await save(changes);
    onClose();
  });
  return (
    <Dialog title={`Edit ${plural(items.length, 'item')}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p className="muted">What you leave empty stays as it is.</p>
        <Field label="Category">
          {(ids) => (
            <input
              {...ids}
              className="input"
              list={listId}
              maxLength={CATEGORY_MAX}
              disabled={draft.noCategory}
              placeholder="As it is"
              value={draft.noCategory ? '' : draft.category}
              onChange={(event) => set({ category: event.target.value })}
            />
          )}
        </Field>
        <datalist id={listId}>
          {categories.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <label className="check">
          <input
            type="checkbox"
            checked={draft.noCategory}
            onChange={(event) => set({ noCategory: event.target.checked })}
          />
          No category
        </label>
        <div className="form__row form__row--money">
          <NumberField
            label="Price"
            hasDecimals
            isOptional
            value={draft.price}
            read={reader.decimal}
            onText={(price) => set({ price })}
          />
          <NumberField
            label="Minimum stock"
            isOptional
            value={draft.minStock}
            read={reader.whole}
            onText={(minStock) => set({ minStock })}
          />
        </div>
        {isAdmin && (
          <Field label="Visible to">
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={draft.visibility}
                onChange={(event) => set({ visibility: event.target.value as Visibility | '' })}
              >
                <option value="">As it is</option>
                <option value="EVERYONE">Everyone</option>
                <option value="ADMINS">Administrators only</option>
              </select>
            )}
          </Field>
        )}
        <FormError error={error} />
        <FormActions
          submit={`Change ${plural(items.length, 'item')}`}
          busy={busy}
          onCancel={onClose}
          disabled={changes === null}
        />
      </form>
    </Dialog>
  );
}
