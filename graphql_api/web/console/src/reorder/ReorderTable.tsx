/** What to order as rows. */
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import type { ReorderListQuery } from '../../../client/generated/graphql';
import { lasting } from '../ui/days';
import { number, rate } from '../ui/format';
import { Pill } from '../ui/Pill';

type Line = ReorderListQuery['reorderList']['nodes'][number];

export function ReorderTable({ lines }: { lines: readonly Line[] }): ReactElement {
  return (
    <div className="table-frame table-frame--long card__table">
      <table className="table reorder-table">
        <caption className="visually-hidden"><Trans>What to order, the gravest first</Trans></caption>
        <thead>
          <tr>
            <th scope="col"><Trans>Item</Trans></th>
            <th scope="col" className="wide-only">
              <Trans>Category</Trans>
            </th>
            <th scope="col" className="right">
              <Trans>Stock</Trans>
            </th>
            <th scope="col" className="right wide-only">
              <Trans>Sold a day</Trans>
            </th>
            <th scope="col"><Trans>Lasts for</Trans></th>
            <th scope="col" className="wide-only"><Trans>Comes in</Trans></th>
            <th scope="col" className="right">
              <Trans>Order</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <ReorderRow key={line.item.id} line={line} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ReorderRow({ line }: { line: Line }): ReactElement {
  const { item } = line;
  return (
    <tr>
      <td className="items-table__name">
        <Link href={`/items/${item.id}`} className="plain-link" title={item.name}>
          {item.name}
        </Link>
        <span className="code muted history-who">{item.sku}</span>
      </td>
      <td className="wide-only">
        {item.category !== null && (
          <span className="items-table__category" title={item.category}>
            {item.category}
          </span>
        )}
      </td>
      <td className="right number">
        <strong>{number(line.stock)}</strong>
        <small className="muted items-table__minimum"> / {number(line.minStock)}</small>
      </td>
      <td className="right number wide-only">{rate(line.unitsPerDay)}</td>
      <td>
        <Cover line={line} />
      </td>
      <td className="wide-only whole">{lasting(line.leadTimeDays)}</td>
      <td className="right number">
        <strong>{number(line.suggestedQuantity)}</strong>
      </td>
    </tr>
  );
}

function Cover({ line }: { line: Line }): ReactElement {
  if (line.stock === 0) return <Pill tone="bad"><Trans>Out of stock</Trans></Pill>;
  if (line.daysOfCover === null) return <span className="muted"><Trans>no sales</Trans></span>;
  return <span className="whole">{lasting(line.daysOfCover)}</span>;
}
