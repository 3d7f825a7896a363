/** A chart, its legend, what stands at the pointer, and the same numbers as a table for those who cannot
 * see it. */
import { Trans } from '@lingui/react/macro';
import { lazy, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { day, number, short } from '../ui/format';
import { LoadedPart } from '../ui/LoadedPart';
import type { ChartColour } from './colours';
import type { ChartProps } from './UplotChart';

const UplotChart = lazy(() => import('./UplotChart'));

interface LabelledChartProps extends Omit<ChartProps, 'hovered'> {
  /** What it shows, in a sentence. */
  label: string;
  legend: readonly { label: string; colour: Exclude<ChartColour, 'grid'> }[];
  /** The table's head and body. */
  table: ReactNode;
}

export function Chart({ label, legend, table, ...chart }: LabelledChartProps): ReactElement {
  const [at, setAt] = useState<number | null>(null);
  return (
    <figure>
      <ul className="chart-legend">
        {legend.map((entry) => (
          <li key={entry.label} className={`swatch--${entry.colour}`}>
            {entry.label}
            <Value chart={chart} label={entry.label} at={at} />
          </li>
        ))}
        <li className="chart-legend__when number">{at !== null && momentOf(chart, at)}</li>
      </ul>
      <div role="img" aria-label={label}>
        <LoadedPart waiting={<div className="chart" />}>
          <UplotChart {...chart} hovered={setAt} />
        </LoadedPart>
      </div>
      <details className="chart-table">
        <summary><Trans>The same as a table</Trans></summary>
        <div className="chart-table__frame" tabIndex={0} role="region" aria-label={label}>
          <table className="table">{table}</table>
        </div>
      </details>
    </figure>
  );
}

type Drawn = Omit<ChartProps, 'hovered'>;

/** What a series has at the pointer. */
function Value(props: { chart: Drawn; label: string; at: number | null }): ReactElement | null {
  const { chart, label, at } = props;
  const series = chart.series.find((one) => one.label === label);
  const value = at === null ? undefined : (series?.told ?? series?.values)?.[at];
  if (value === undefined || value === null) return null;
  return <strong className="number chart-legend__value">{number(value)}</strong>;
}

function momentOf({ times, isDaily = false }: Drawn, at: number): string {
  const seconds = times[at];
  if (seconds === undefined) return '';
  const moment = new Date(seconds * 1_000).toISOString();
  return isDaily ? day(moment) : short(moment);
}
