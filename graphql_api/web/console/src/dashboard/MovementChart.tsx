/** What came in and went out, day by day. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
import { spanOf } from '../ui/spans';
import { Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';

const SPANS = [
  { value: '7', label: spanOf(7, 'day') },
  { value: '30', label: spanOf(30, 'day') },
  { value: '90', label: spanOf(90, 'day') },
] as const;
type Bucket = MovementsQuery['movementSeries'][number];
type Span = (typeof SPANS)[number]['value'];

const LEGEND = [
  { label: t`Units in`, colour: 'in' },
  { label: t`Units out`, colour: 'out' },
  { label: t`Opening stock`, colour: 'opening' },
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
      title={t`Movements`}
      actions={<Segments label={t`Time span`} choices={SPANS} value={span} onChange={setSpan} />}
    >
      {days && <Outdated error={error} retry={loadAgain} />}
      {days ? (
        <Chart
          label={t`Units in and out on each of the last ${span} days`}
          legend={LEGEND}
          times={times}
          series={series}
          isDaily
          table={
            <>
              <thead>
                <tr>
                  <th scope="col"><Trans>Day (UTC)</Trans></th>
                  <th scope="col" className="right">
                    <Trans>In</Trans>
                  </th>
                  <th scope="col" className="right">
                    <Trans>Out</Trans>
                  </th>
                  <th scope="col" className="right">
                    <Trans>Opening</Trans>
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
        <Loading label={t`Loading movements`} />
      )}
    </Card>
  );
}

/** Without what items had when they were created: a day of taking in files dwarfs all others. */
function cameIn({ unitsIn, unitsOpening }: Bucket): number {
  return Math.max(unitsIn - unitsOpening, 0);
}
