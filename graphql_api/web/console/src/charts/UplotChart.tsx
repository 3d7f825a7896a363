/** A uPlot chart that is as wide as its place. Loaded when the first chart is shown: see Chart. */
import { LOCALE } from '#language';

import 'uplot/dist/uPlot.min.css';

import { useEffect, useRef } from 'react';
import type { ReactElement } from 'react';
import uPlot from 'uplot';

import { useIsDark } from '../theme/theme';
import { chartColour, textColour } from './colours';
import type { ChartColour } from './colours';
import { stepsBetween, wholeSteps } from './steps';

export interface ChartSeries {
  label: string;
  colour: ChartColour;
  /** bars: one for each x; steps: the value holds until the next x; limit: a dashed line. */
  shape: 'bars' | 'steps' | 'limit';
  /** One value for each x; null: none. */
  values: readonly (number | null)[];
  /** What is told at the pointer, where that is not the value. */
  told?: readonly (number | null)[];
}

export interface ChartProps {
  /** Seconds since 1970, rising. */
  times: readonly number[];
  series: readonly ChartSeries[];
  /** Whether each x is a whole UTC day. */
  isDaily?: boolean;
  /** Hears which x the pointer is at, by its index; null: at none. Stays the same one. */
  hovered: (index: number | null) => void;
}

const HEIGHT_PX = 224;
const BAR_SHARE = 0.72; // of the room between two days
const BAR_PX_MAX = 26;
const FONT = '12px system-ui, sans-serif';

export default function UplotChart(props: ChartProps): ReactElement {
  const { times, series, isDaily = false, hovered } = props;
  const place = useRef<HTMLDivElement>(null);
  const isDark = useIsDark();
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const chart = new uPlot(
      options(series, element.clientWidth, isDaily, hovered),
      data(times, series),
      element,
    );
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: HEIGHT_PX });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [times, series, isDaily, isDark, hovered]);
  return <div ref={place} className="chart" />;
}

function data(times: readonly number[], series: readonly ChartSeries[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

function options(
  series: readonly ChartSeries[],
  width: number,
  isDaily: boolean,
  hovered: (index: number | null) => void,
): uPlot.Options {
  const axis = {
    stroke: textColour(),
    font: FONT,
    grid: { stroke: chartColour('grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    // The line at the pointer alone: what stands there is told above the chart.
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    hooks: { setCursor: [({ cursor }: uPlot) => hovered(cursor.idx ?? null)] },
    padding: [8, 26, 0, 0],
    ...(isDaily && { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1_000), 'UTC') }),
    scales: {
      x: {
        time: true,
        range: (_, min, max) => (isDaily ? [min - DAY_S / 2, max + DAY_S / 2] : [min, max]),
      },
      y: { range: (_, min, max) => wholeSteps(min, max) },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 6,
        space: DATE_PX,
        grid: { show: false },
        values: timeLabels(isDaily),
      },
      {
        ...axis,
        size: (_, labels) => axisWidth(labels),
        splits: (_, __, min, max) => stepsBetween(min, max),
        values: (_, ticks) => ticks.map((tick) => NUMBER.format(tick)),
      },
    ],
    series: [{}, ...series.map(drawn)],
  };
}

const NUMBER = new Intl.NumberFormat(LOCALE, { notation: 'compact' });
const DAY_S = 86_400;
const DATE_PX = 72; // from one date to the next: 11月30日 is 56 wide
const AXIS_PX_MIN = 48;
const CHARACTER_PX = 7; // of FONT, with some room
const AXIS_GAP_PX = 12;

/** So wide that no label is cut: in some languages a million in short has eight letters. */
function axisWidth(labels: readonly string[] | null): number {
  const longest = Math.max(0, ...(labels ?? []).map(({ length }) => length));
  return Math.max(AXIS_PX_MIN, longest * CHARACTER_PX + AXIS_GAP_PX);
}

/** A tick's label: the day, or within days the hour. */
function timeLabels(isDaily: boolean): (chart: uPlot, ticks: number[]) => string[] {
  const timeZone = isDaily ? 'UTC' : undefined;
  const days = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', timeZone });
  const hours = new Intl.DateTimeFormat(LOCALE, {
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  return (_, ticks) => {
    const step = (ticks[1] ?? Infinity) - (ticks[0] ?? 0);
    const format = step < DAY_S ? hours : days;
    return ticks.map((tick) => format.format(new Date(tick * 1_000)));
  };
}

function drawn({ label, colour, shape }: ChartSeries): uPlot.Series {
  const stroke = chartColour(colour);
  switch (shape) {
    case 'bars':
      return {
        label,
        stroke,
        fill: stroke,
        width: 0,
        points: { show: false },
        paths: uPlot.paths.bars?.({ size: [BAR_SHARE, BAR_PX_MAX], radius: 0.15 }) ?? (() => null),
      };
    case 'steps':
      return {
        label,
        stroke,
        fill: `${stroke}1f`,
        width: 2,
        points: { show: false },
        paths: uPlot.paths.stepped?.({ align: 1 }) ?? (() => null),
      };
    case 'limit':
      return { label, stroke, width: 1.5, dash: [6, 5], points: { show: false } };
  }
}
