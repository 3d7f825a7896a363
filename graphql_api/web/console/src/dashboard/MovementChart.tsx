/** What came in and went out, day by day. */
import { useQuery } from '@apollo/client/react';
import { useMemo, useState } from 'react';
import type { ReactElement } from 'react';

import { MovementsDocument } from '../../../client/generated/graphql';
import type { MovementsQuery } from '../../../client/generated/graphql';
import { Chart } from '../charts/Chart';
import type { ChartSeries } from '../charts/UplotChart';
import { useRefreshOnEvents } from '../live/useRefreshOnEvents';
import { Card } from '../ui/Card';
import { day, number } from '../ui/format';
import { Segments } from '../ui/Segments';
import { Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';

const SPANS = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
] as const;
type Bucket = MovementsQuery['movementSeries'][number];
type Span = (typeof SPANS)[number]['value'];

const LEGEND = [
  { label: 'Units in', colour: 'in' },
  { label: 'Units out', colour: 'out' },
  { label: 'Opening stock', colour: 'opening' },
] as const;

export function MovementChart(): ReactElement {
  const [span, setSpan] = useState<Span>('30');
  const { data, previousData, error, refetch } = useQuery(MovementsDocument, {
    variables: { days: Number(span) },
    fetchPolicy: 'cache-and-network',
  });
  useRefreshOnEvents(refetch);
  const loadAgain = useLoadAgain(error, refetch);
  // Of another span only while that of this one is on its way.
  const days = (data ?? (error ? undefined : previousData))?.movementSeries;
  const times = useMemo(() => days?.map(({ start }) => Date.parse(start) / 1_000) ?? [], [days]);
  const series = useMemo<ChartSeries[]>(
    () => [
      // On top of what came in: its bar is as high as both, and stands behind.
      {
        ...LEGEND[2],
        shape: 'bars',
        values: days?.map(({ unitsIn }) => unitsIn) ?? [],
        told: days?.map(({ unitsOpening }) => unitsOpening) ?? [],
      },
      {
        ...LEGEND[0],
        shape: 'bars',
        values: days?.map(cameIn) ?? [],
      },
      {
        ...LEGEND[1],
        shape: 'bars',
        values: days?.map(({ unitsOut }) => 0 - unitsOut) ?? [],
      },
    ],
    [days],
  );

  return (
    <Card
      title="Movements"
      actions={<Segments label="Time span" choices={SPANS} value={span} onChange={setSpan} />}
    >
      {days && <Outdated error={error} retry={loadAgain} />}
      {days ? (
        <Chart
          label={`Units in and out on each of the last ${span} days`}
          legend={LEGEND}
          times={times}
          series={series}
          isDaily
          table={
            <>
              <thead>
                <tr>
                  <th scope="col">Day (UTC)</th>
                  <th scope="col" className="right">
                    In
                  </th>
                  <th scope="col" className="right">
                    Out
                  </th>
                  <th scope="col" className="right">
                    Opening
                  </th>
                </tr>
              </thead>
              <tbody className="number">
                {days.toReversed().map((bucket) => (
                  <tr key={bucket.start}>
                    <td>{day(bucket.start)}</td>
                    <td className="right">{number(cameIn(bucket))}</td>
                    <td className="right">{number(bucket.unitsOut)}</td>
                    <td className="right">{number(bucket.unitsOpening)}</td>
                  </tr>
                ))}
              </tbody>
            </>
          }
        />
      ) : error ? (
        <Failed error={error} retry={loadAgain} />
      ) : (
        <Loading label="Loading movements" />
      )}
    </Card>
  );
}

/** Without what items had when they were created: a day of taking in files dwarfs all others. */
function cameIn({ unitsIn, unitsOpening }: Bucket): number {
  return Math.max(unitsIn - unitsOpening, 0);
}
