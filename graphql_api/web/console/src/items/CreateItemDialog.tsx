/** A new item, with its first stock if there is any. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { useLocation } from 'wouter';

import { throwIfRefused } from '../../../client';
import { CreateItemDocument } from '../../../client/generated/graphql';
import { LocationSelect } from '../stock/LocationSelect';
import { QuantityField, unitsOf } from '../stock/QuantityField';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { EMPTY_DRAFT, creationOf } from './itemDraft';
import { ItemForm } from './ItemForm';

export function CreateItemDialog({ onClose }: { onClose: () => void }): ReactElement {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [initialStock, setInitialStock] = useState('0');
  const [location, setLocation] = useState('');
  const [create] = useMutation(CreateItemDocument);
  const [, go] = useLocation();
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const input = {
      ...creationOf(draft),
      initialStock: unitsOf(initialStock) ?? 0,
      ...(location && { location }),
    };
    const { data } = await create({ variables: { input } });
    throwIfRefused(data?.createItem.userErrors ?? []);
    const item = data?.createItem.item;
    onClose();
    tell({ tone: 'good', title: t`Item created`, text: draft.name });
    if (item) go(`/items/${item.id}`);
  });
  return (
    <Dialog title={t`New item`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <ItemForm draft={draft} change={(changes) => setDraft({ ...draft, ...changes })} />
        <div className="form__row">
          <QuantityField
            label={t`Initial stock`}
            min={0}
            autoFocus={false}
            value={initialStock}
            onChange={setInitialStock}
          />
          <LocationSelect label={t`At location`} value={location} onChange={setLocation} />
        </div>
        <FormError error={error} />
        <FormActions submit={t`Create item`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
