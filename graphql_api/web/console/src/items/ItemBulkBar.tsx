/** What can be done with the selected items, and what was refused of the last time. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import type { Item } from '../../../client';
import '../alerts/alerts.css';
import { ITEMS_MAX, LabelsDialog } from '../labels/LabelsDialog';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { number } from '../ui/format';
import { Icon } from '../ui/Icon';
import { useToast } from '../ui/Toasts';
import { BulkEditDialog } from './BulkEditDialog';
import type { Refused } from './manyItems';
import { retirement } from './retired';
import { useManyItems } from './useManyItems';
import type { Done } from './useManyItems';

interface ItemBulkBarProps {
  /** Those that are shown. */
  items: readonly Item[];
  selected: ReadonlySet<string>;
  select: (ids: Iterable<string>) => void;
}

export function ItemBulkBar({ items, selected, select }: ItemBulkBarProps): ReactElement {
  const many = useManyItems();
  const [open, setOpen] = useState<'edit' | 'labels' | 'archive' | null>(null);
  const tell = useToast();
  const chosen = items.filter(({ id }) => selected.has(id));
  const isAll = chosen.length > 0 && chosen.length === items.length;
  const labelled = chosen.filter((item) => retirement(item) !== 'deleted');
  const usable = chosen.filter((item) => retirement(item) === null);
  const done = async (what: string, work: Promise<Done>): Promise<void> => {
    const { applied, refused } = await work;
    select(refused.map(({ item }) => item.id)); // what is left to be looked at
    if (applied > 0) tell({ tone: 'good', title: t`${what}: ${plural(applied, { one: '# item', other: '# items' })}` });
  };
  return (
    <>
      <div className="bulk-bar" role="group" aria-label={t`Selected items`}>
        <label className="check">
          <input
            type="checkbox"
            checked={isAll}
            ref={(box) => {
              if (box) box.indeterminate = !isAll && chosen.length > 0;
            }}
            onChange={() => select(isAll ? [] : items.map(({ id }) => id))}
          />
          <span aria-live="polite">
            {chosen.length === 0 ? t`Select all that are shown` : t`${number(chosen.length)} selected`}
          </span>
        </label>
        {chosen.length > 0 && (
          <div className="alert__actions">
            <button type="button" className="button button--small" onClick={() => setOpen('edit')}>
              <Icon name="edit" />
              <Trans>Edit<span className="visually-hidden"> the selected</span></Trans>
            </button>
            <button
              type="button"
              className="button button--small"
              disabled={labelled.length === 0 || labelled.length > ITEMS_MAX}
              title={labelled.length > ITEMS_MAX ? t`At most ${ITEMS_MAX} items` : undefined}
              onClick={() => setOpen('labels')}
            >
              <Icon name="labels" />
              <Trans>Labels<span className="visually-hidden"> of the selected</span></Trans>
            </button>
            <button
              type="button"
              className="button button--small"
              disabled={usable.length === 0}
              onClick={() => setOpen('archive')}
            >
              <Icon name="archive" />
              <Trans>Archive<span className="visually-hidden"> the selected</span></Trans>
            </button>
          </div>
        )}
      </div>
      <Refusals refused={many.refused} forget={many.forget} />
      {open === 'edit' && (
        <BulkEditDialog
          items={chosen}
          onClose={() => setOpen(null)}
          save={(changes) => done(t`Changed`, many.change(chosen, changes))}
        />
      )}
      {open === 'labels' && <LabelsDialog items={labelled} onClose={() => setOpen(null)} />}
      {open === 'archive' && (
        <ConfirmDialog
          title={plural(usable.length, { one: 'Archive # item?', other: 'Archive # items?' })}
          action={t`Archive`}
          onClose={() => setOpen(null)}
          onConfirm={async () => {
            await done(t`Archived`, many.archive(usable));
            setOpen(null);
          }}
        >
          <p>
            <Trans>They leave lists, searches and alerts, and can be booked still. Restore, on an item’s
            page, brings one back.</Trans>
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

function Refusals(props: {
  refused: readonly Refused[];
  forget: () => void;
}): ReactElement | null {
  const { refused, forget } = props;
  if (refused.length === 0) return null;
  return (
    <div className="refusals" role="alert">
      <div>
        <strong>{plural(refused.length, {
            one: '# item could not be changed',
            other: '# items could not be changed',
          })}</strong>
        <ul>
          {refused.map(({ item, why }, index) => (
            <li key={`${item.id} ${index}`}>
              <Link href={`/items/${item.id}`}>{item.name}</Link>: {why}
            </li>
          ))}
        </ul>
      </div>
      <button type="button" className="button button--small" onClick={forget}>
        <Trans>Dismiss<span className="visually-hidden"> what could not be changed</span></Trans>
      </button>
    </div>
  );
}
