/** Changes some fields of many items: what is left empty stays as it is in each. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
    <Dialog title={plural(items.length, { one: 'Edit # item', other: 'Edit # items' })} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p className="muted"><Trans>What you leave empty stays as it is.</Trans></p>
        <Field label={t`Category`}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              list={listId}
              maxLength={CATEGORY_MAX}
              disabled={draft.noCategory}
              placeholder={t`As it is`}
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
          <Trans>No category</Trans>
        </label>
        <div className="form__row form__row--money">
          <NumberField
            label={t`Price`}
            hasDecimals
            isOptional
            value={draft.price}
            read={reader.decimal}
            onText={(price) => set({ price })}
          />
          <NumberField
            label={t`Minimum stock`}
            isOptional
            value={draft.minStock}
            read={reader.whole}
            onText={(minStock) => set({ minStock })}
          />
          <NumberField
            label={t`Lead time, days`}
            isOptional
            value={draft.leadTimeDays}
            read={reader.whole}
            onText={(leadTimeDays) => set({ leadTimeDays })}
          />
        </div>
        {isAdmin && (
          <Field label={t`Visible to`}>
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={draft.visibility}
                onChange={(event) => set({ visibility: event.target.value as Visibility | '' })}
              >
                <option value=""><Trans>As it is</Trans></option>
                <option value="EVERYONE"><Trans>Everyone</Trans></option>
                <option value="ADMINS"><Trans>Administrators only</Trans></option>
              </select>
            )}
          </Field>
        )}
        <FormError error={error} />
        <FormActions
          submit={plural(items.length, { one: 'Change # item', other: 'Change # items' })}
          busy={busy}
          onCancel={onClose}
          disabled={changes === null}
        />
      </form>
    </Dialog>
  );
}
