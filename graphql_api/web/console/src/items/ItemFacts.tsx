/** What an item is. */
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { usePermissions } from '../session/SessionContext';
import { lasting } from '../ui/days';
import { money, number, short } from '../ui/format';
import { barcodeText } from './barcodeText';
import type { EditedItem } from './itemDraft';

export function ItemFacts({ item }: { item: EditedItem }): ReactElement {
  const { isAdmin } = usePermissions();
  const facts: readonly (readonly [string, string])[] = [
    [t`Category`, item.category ?? t`none`],
    [t`Barcodes`, barcodeText(item.barcodes).split('\n').join(', ') || t`none`],
    [t`Unit`, unitsText(item)],
    [t`Price`, money(item.price)],
    [t`Lead time`, item.leadTimeDays === null ? t`as usual` : lasting(item.leadTimeDays)],
    ...(isAdmin ? [[t`Cost`, item.cost === null ? t`unknown` : money(item.cost)] as const] : []),
    ...(isAdmin ? [[t`Visible to`, VISIBLE_TO[item.visibility]] as const] : []),
    [t`Created`, short(item.createdAt)],
    [t`Changed`, short(item.updatedAt)],
    ...(item.description ? [[t`Description`, item.description] as const] : []),
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} className="facts__row">
          <dt>{name}</dt>
          <dd className="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The base unit, and what the others are multiples of it: "g, kg (1,000)". */
function unitsText({ units }: EditedItem): string {
  return units.map(({ name, factor }) => (factor === 1 ? name : `${name} (${number(factor)})`)).join(', ');
}

const VISIBLE_TO = { EVERYONE: t`everyone`, ADMINS: t`administrators` } as const;
