/** What came in and went out, day by day. */
import { useQuery } from '@apollo/client/react';
import { useMemo, useState } from 'react';
import type { ReactElement } from 'react';

import { MovementsDocument } from '../../../client/generated/graphql';
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
type Span = (typeof SPANS)[number]['value'];

const LEGEND = [
  { label: 'Units in', colour: 'in' },
  { label: 'Units out', colour: 'out' },
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
      {
        ...LEGEND[0],
        shape: 'bars',
        values: days?.map(({ unitsIn }) => unitsIn) ?? [],
      },
      {
        ...LEGEND[1],
        shape: 'bars',
        values: days?.map(({ unitsOut }) => -unitsOut) ?? [],
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
                </tr>
              </thead>
              <tbody className="number">
                {days.toReversed().map(({ start, unitsIn, unitsOut }) => (
                  <tr key={start}>
                    <td>{day(start)}</td>
                    <td className="right">{number(unitsIn)}</td>
                    <td className="right">{number(unitsOut)}</td>
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
