/** Movements as rows: what, when, by whom, and a way to take one back. */
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import type { Item } from '../../../client';
import type { HistoryFieldsFragment } from '../../../client/generated/graphql';
import { ACTIONS } from '../live/feed';
import { usePermissions } from '../session/SessionContext';
import { number, short, signed } from '../ui/format';
import { reasonWords } from './reasonWords';
import { ReverseDialog } from './ReverseDialog';

/** item: where movements of several stand together. */
type Movement = HistoryFieldsFragment & { item?: Item };

interface MovementTableProps {
  /** Of which they all are; absent: each says it itself, in a column of its own. */
  item?: Item;
  movements: readonly Movement[];
}

export function MovementTable({ item, movements }: MovementTableProps): ReactElement {
  const reversedItem = (movement: Movement): Item | undefined => item ?? movement.item;
  const { mayWrite } = usePermissions();
  const [reversed, setReversed] = useState<Movement | null>(null);
  return (
    <div className={item ? 'table-frame card__table' : 'table-frame table-frame--long card__table'}>
      <table className="table">
        <caption className="visually-hidden"><Trans>Movements, newest first</Trans></caption>
        <thead>
          <tr>
            <th scope="col"><Trans>When</Trans></th>
            {!item && <th scope="col"><Trans>Item</Trans></th>}
            <th scope="col" className="wide-only">
              <Trans>What</Trans>
            </th>
            <th scope="col" className="right">
              <Trans>Change</Trans>
            </th>
            <th scope="col" className={item ? 'right' : 'right wide-only'}>
              <Trans>Stock</Trans>
            </th>
            <th scope="col" className="wide-only">
              <Trans>Where</Trans>
            </th>
            <th scope="col" className="wide-only">
              <Trans>Why</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {movements.map((movement) => (
            <MovementRow
              key={movement.id}
              movement={movement}
              hasItem={!item}
              onReverse={mayWrite && canBeReversed(movement) ? () => setReversed(movement) : null}
            />
          ))}
        </tbody>
      </table>
      {reversed && (
        <Reversing
          item={reversedItem(reversed)}
          movement={reversed}
          onClose={() => setReversed(null)}
        />
      )}
    </div>
  );
}

interface ReversingProps {
  item: Item | undefined;
  movement: Movement;
  onClose: () => void;
}

function Reversing({ item, movement, onClose }: ReversingProps): ReactElement | null {
  return item ? <ReverseDialog item={item} movement={movement} onClose={onClose} /> : null;
}

function canBeReversed({ reversedBy, reverses }: Movement): boolean {
  return reversedBy === null && reverses === null;
}

interface MovementRowProps {
  movement: Movement;
  hasItem: boolean;
  /** null: it cannot be, or not by this person. */
  onReverse: (() => void) | null;
}

function MovementRow({ movement, hasItem, onReverse }: MovementRowProps): ReactElement {
  const { quantity, reason, reference, actionType } = movement;
  return (
    <tr>
      <td className="muted history-when">
        <strong className="only-narrow">{ACTIONS[actionType]}</strong>{' '}
        <Moments movement={movement} />
        {movement.user && <span className="history-who"><Trans>by {movement.user.name}</Trans></span>}
        <Reversal movement={movement} />
        {onReverse && (
          <button type="button" className="button button--small" onClick={onReverse}>
            <Trans>
              Reverse
              <span className="visually-hidden">
                {' '}
                {ACTIONS[actionType]} {signed(quantity)} of {short(movement.occurredAt)}
              </span>
            </Trans>
          </button>
        )}
      </td>
      {hasItem && (
        <td className="items-table__name">
          {movement.item && (
            <Link
              href={`/items/${movement.item.id}`}
              className="plain-link"
              title={movement.item.name}
            >
              {movement.item.name}
            </Link>
          )}
          <span className="code muted history-who">{movement.item?.sku}</span>
        </td>
      )}
      <td className="wide-only whole">{ACTIONS[actionType]}</td>
      <td className={`right number ${quantity < 0 ? 'quantity--down' : 'quantity--up'}`}>
        {signed(quantity)}
      </td>
      <td className={hasItem ? 'right number wide-only' : 'right number'}>
        {number(movement.newStock)}
      </td>
      <td className="wide-only">{movement.location.code}</td>
      <td className="history-reason wide-only">
        {reason && reasonWords(reason)} {reference && <span className="code muted">{reference}</span>}
      </td>
    </tr>
  );
}

const SAME_MS = 60_000; // told to the minute: within it both moments read the same

/** When it happened; when it was booked too, if that was another time. */
function Moments({ movement }: { movement: Movement }): ReactElement {
  const { occurredAt, recordedAt } = movement;
  const isLater = Date.parse(recordedAt) - Date.parse(occurredAt) > SAME_MS;
  return (
    <>
      <time dateTime={occurredAt}>{short(occurredAt)}</time>
      {isLater && <span className="history-who"><Trans>booked {short(recordedAt)}</Trans></span>}
    </>
  );
}

function Reversal({ movement }: { movement: Movement }): ReactElement | null {
  if (movement.reversedBy !== null) return <span className="tag"><Trans>reversed</Trans></span>;
  if (movement.reverses !== null) return <span className="tag"><Trans>a reversal</Trans></span>;
  return null;
}
