/** What to order as rows. */
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
        <caption className="visually-hidden">What to order, the gravest first</caption>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col" className="wide-only">
              Category
            </th>
            <th scope="col" className="right">
              Stock
            </th>
            <th scope="col" className="right wide-only">
              Sold a day
            </th>
            <th scope="col">Lasts for</th>
            <th scope="col" className="right">
              Order
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
      <td className="right number">
        <strong>{number(line.suggestedQuantity)}</strong>
      </td>
    </tr>
  );
}

function Cover({ line }: { line: Line }): ReactElement {
  if (line.stock === 0) return <Pill tone="bad">Out of stock</Pill>;
  if (line.daysOfCover === null) return <span className="muted">no sales</span>;
  return <span className="whole">{lasting(line.daysOfCover)}</span>;
}
