/** What an item is. */
import type { ReactElement } from 'react';

import { usePermissions } from '../session/SessionContext';
import { money, number, short } from '../ui/format';
import { barcodeText } from './barcodeText';
import type { EditedItem } from './itemDraft';

export function ItemFacts({ item }: { item: EditedItem }): ReactElement {
  const { isAdmin } = usePermissions();
  const facts: readonly (readonly [string, string])[] = [
    ['Category', item.category ?? 'none'],
    ['Barcodes', barcodeText(item.barcodes).split('\n').join(', ') || 'none'],
    ['Unit', unitsText(item)],
    ['Price', money(item.price)],
    ...(isAdmin ? [['Cost', item.cost === null ? 'unknown' : money(item.cost)] as const] : []),
    ...(isAdmin ? [['Visible to', VISIBLE_TO[item.visibility]] as const] : []),
    ['Created', short(item.createdAt)],
    ['Changed', short(item.updatedAt)],
    ...(item.description ? [['Description', item.description] as const] : []),
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

const VISIBLE_TO = { EVERYONE: 'everyone', ADMINS: 'administrators' } as const;
