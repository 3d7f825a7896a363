/** A chart, its legend, and the same numbers as a table for those who cannot see it. */
import { lazy } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { LoadedPart } from '../ui/LoadedPart';
import type { ChartColour } from './colours';
import type { ChartProps } from './UplotChart';

const UplotChart = lazy(() => import('./UplotChart'));

interface LabelledChartProps extends ChartProps {
  /** What it shows, in a sentence. */
  label: string;
  legend: readonly { label: string; colour: Exclude<ChartColour, 'grid'> }[];
  /** The table's head and body. */
  table: ReactNode;
}

export function Chart({ label, legend, table, ...chart }: LabelledChartProps): ReactElement {
  return (
    <figure>
      <ul className="chart-legend">
        {legend.map((entry) => (
          <li key={entry.label} className={`swatch--${entry.colour}`}>
            {entry.label}
          </li>
        ))}
      </ul>
      <div role="img" aria-label={label}>
        <LoadedPart waiting={<div className="chart" />}>
          <UplotChart {...chart} />
        </LoadedPart>
      </div>
      <details className="chart-table">
        <summary>The same as a table</summary>
        <div className="chart-table__frame" tabIndex={0} role="region" aria-label={label}>
          <table className="table">{table}</table>
        </div>
      </details>
    </figure>
  );
}
