/** How much of an item there is, and where; in the unit that people think in, and in base units. */
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { hasDisplayUnit, inDisplayUnit } from '../stock/amounts';
import type { Measured } from '../stock/amounts';
import type { Level } from '../stock/levels';
import { number } from '../ui/format';
import { LargeFigure } from '../ui/LargeFigure';
import { useFlash } from './useFlash';

interface StockFigureProps {
  item: Item & Measured & { held: number; available: number };
  levels: readonly Level[];
}

export function StockFigure({ item, levels }: StockFigureProps): ReactElement {
  const flash = useFlash(item);
  const isOther = hasDisplayUnit(item);
  return (
    <>
      <p className="stock-figure fitted__place number">
        <strong className={`stock-figure__change ${flash}`} data-stock={item.stock}>
          <LargeFigure value={item.stock} whole={number(item.stock)} />
        </strong>
        <span className="muted">
          <Trans>{item.unit}, low at {number(item.minStock)} and below</Trans>
        </span>
      </p>
      {isOther && (
        <p className="number">
          = <strong>{inDisplayUnit(item.stock, item)}</strong>
        </p>
      )}
      {item.held > 0 && (
        <p className="number">
          <Trans>{number(item.held)} held, <strong>{number(item.available)} available</strong></Trans>
        </p>
      )}
      {levels.length > 0 && (
        <ul className="list levels">
          {levels.map(({ location, quantity, held, minStock }) => (
            <li key={location.id}>
              <span>
                <span className="code muted">{location.code}</span> {location.name}
                {held > 0 && <span className="muted number"><Trans> ({number(held)} held)</Trans></span>}
                {minStock !== null && (
                  <span className="muted number"><Trans> (low at {number(minStock)})</Trans></span>
                )}
              </span>
              <strong className="number" {...(isOther && { title: inDisplayUnit(quantity, item) })}>
                {number(quantity)}
              </strong>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
