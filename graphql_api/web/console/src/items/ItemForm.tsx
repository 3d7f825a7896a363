/** The fields of an item. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useId } from 'react';
import type { InputHTMLAttributes, ReactElement } from 'react';

import { usePermissions } from '../session/SessionContext';
import { QuantityField } from '../stock/QuantityField';
import { Field } from '../ui/Field';
import { NumberField } from '../ui/NumberField';
import { TextField } from '../ui/TextField';
import { reader } from '../ui/typedNumber';
import { BarcodesField } from './BarcodesField';
import { FIELD_LABELS } from './itemDraft';
import type { DraftField, ItemDraft } from './itemDraft';
import { UnitsField } from './UnitsField';
import { useCategories } from './useCategories';

interface ItemFormProps {
  draft: ItemDraft;
  change: (changes: Partial<ItemDraft>) => void;
}

export function ItemForm({ draft, change }: ItemFormProps): ReactElement {
  const { isAdmin } = usePermissions();
  const categories = useCategories();
  const listId = useId();
  const text = (
    field: DraftField,
    attributes: InputHTMLAttributes<HTMLInputElement> = {},
  ): ReactElement => (
    <TextField
      label={FIELD_LABELS[field]}
      value={draft[field]}
      onText={(value) => change({ [field]: value })}
      {...attributes}
    />
  );
  const money = (field: 'price' | 'cost', isOptional = false): ReactElement => (
    <NumberField
      label={FIELD_LABELS[field]}
      hasDecimals
      isOptional={isOptional}
      read={reader.decimal}
      value={draft[field]}
      onText={(value) => change({ [field]: value })}
    />
  );
  return (
    <>
      {text('name', { required: true, maxLength: 200 })}
      {text('sku', { required: true, maxLength: 64, spellCheck: false })}
      <BarcodesField
        value={draft.barcodes}
        onChange={(barcodes) => change({ barcodes })}
      />
      {text('category', { maxLength: 255, list: listId })}
      <datalist id={listId}>
        {categories.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <UnitsField draft={draft} change={change} />
      <div className="form__row form__row--money">
        {money('price')}
        {isAdmin && money('cost', true)}
        <QuantityField
          label={FIELD_LABELS.minStock}
          hint={t`Low at this and below`}
          min={0}
          autoFocus={false}
          value={draft.minStock}
          onChange={(minStock) => change({ minStock })}
        />
        <NumberField
          label={FIELD_LABELS.leadTimeDays}
          hint={t`Until an order comes; empty: as usual`}
          isOptional
          read={reader.whole}
          value={draft.leadTimeDays}
          onText={(leadTimeDays) => change({ leadTimeDays })}
        />
      </div>
      <Field label={FIELD_LABELS.description}>
        {(ids) => (
          <textarea
            {...ids}
            className="input"
            maxLength={5_000}
            value={draft.description}
            onChange={(event) => change({ description: event.target.value })}
          />
        )}
      </Field>
      {isAdmin && (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.visibility === 'ADMINS'}
            onChange={(event) =>
              change({ visibility: event.target.checked ? 'ADMINS' : 'EVERYONE' })
            }
          />
          <Trans>For administrators only: others do not see it, nor its past</Trans>
        </label>
      )}
    </>
  );
}
