/** An item's stock over the movements that are loaded, and the line below which it is low. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMemo } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import type { MovementFieldsFragment } from '../../../client/generated/graphql';
import { Chart } from '../charts/Chart';
import type { ChartSeries } from '../charts/UplotChart';
import { number, short } from '../ui/format';
import { stockLine } from './stockLine';

interface StockChartProps {
  item: Item;
  /** Newest first, at least one. */
  movements: readonly MovementFieldsFragment[];
}

const LEGEND = [
  { label: t`Stock`, colour: 'line' },
  { label: t`Low at this and below`, colour: 'limit' },
] as const;

export function StockChart({ item, movements }: StockChartProps): ReactElement {
  const { minStock, name } = item;
  const { times, values } = useMemo(() => stockLine(movements, Date.now()), [movements]);
  const series = useMemo<ChartSeries[]>(
    () => [
      { ...LEGEND[0], shape: 'steps', values },
      { ...LEGEND[1], shape: 'limit', values: values.map(() => minStock) },
    ],
    [values, minStock],
  );
  return (
    <Chart
      label={t`Stock of ${name} over its last ${movements.length} movements`}
      legend={LEGEND}
      times={times}
      series={series}
      table={
        <>
          <thead>
            <tr>
              <th scope="col"><Trans>When</Trans></th>
              <th scope="col" className="right">
                <Trans>Stock</Trans>
              </th>
            </tr>
          </thead>
          <tbody className="number">
            {movements.map(({ id, recordedAt, newStock }) => (
              <tr key={id}>
                <td>{short(recordedAt)}</td>
                <td className="right">{number(newStock)}</td>
              </tr>
            ))}
          </tbody>
        </>
      }
    />
  );
}
