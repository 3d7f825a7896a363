/** What was counted beside what the system says, the largest difference first. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { ConfirmDialog } from '../ui/ConfirmDialog';
import { number, signed } from '../ui/format';
import { unitsOf } from './draft';
import type { DraftLine } from './draft';

interface CountReviewProps {
  lines: readonly DraftLine[];
  /** By item, in base units; absent: there was none ever. */
  expected: ReadonlyMap<string, number>;
  onClose: () => void;
  onConfirm: () => void;
}

interface Difference {
  line: DraftLine;
  expected: number;
  counted: number;
  /** What moved since the line was begun: whoever counted may not have seen it. */
  moved: number;
}

export function CountReview(props: CountReviewProps): ReactElement {
  const all = props.lines.map((line) => differenceOf(line, props.expected));
  const others = all.filter(({ counted, expected }) => counted !== expected);
  const size = ({ counted, expected }: Difference): number => Math.abs(counted - expected);
  const sorted = [...others].sort((a, b) => size(b) - size(a));
  const same = all.length - others.length;
  return (
    <ConfirmDialog
      title={
        others.length === 0
          ? t`Everything is as expected`
          : plural(others.length, { one: '# difference', other: '# differences' })
      }
      action={plural(all.length, { one: 'Book # count', other: 'Book # counts' })}
      onClose={props.onClose}
      danger={false}
      onConfirm={async () => props.onConfirm()}
    >
      {sorted.length > 0 && (
        <ul className="list differences" aria-label={t`Differences`}>
          {sorted.map((difference) => (
            <DifferenceLine key={difference.line.item.id} {...difference} />
          ))}
        </ul>
      )}
      {same > 0 && (
        <p className="muted">
          {plural(same, { one: '# line is as expected.', other: '# lines are as expected.' })}
        </p>
      )}
    </ConfirmDialog>
  );
}

function DifferenceLine({ line, expected, counted, moved }: Difference): ReactElement {
  const { item } = line;
  return (
    <li>
      <span className="differences__name">
        <bdi>{item.name}</bdi> <span className="code muted">{item.sku}</span>
      </span>
      <span className="number differences__figures">
        {number(counted)} <span className="muted"><Trans>instead of {number(expected)}</Trans></span>{' '}
        <strong>{signed(counted - expected)}</strong> <span className="muted">{item.unit}</span>
      </span>
      {moved !== 0 && (
        <span className="lines__note lines__note--bad">
          <Trans>{signed(moved)} moved since you began this line: look again.</Trans>
        </span>
      )}
    </li>
  );
}

function differenceOf(line: DraftLine, levels: ReadonlyMap<string, number>): Difference {
  const expected = levels.get(line.item.id) ?? 0;
  const moved = line.seen === null ? 0 : expected - line.seen;
  return { line, expected, counted: unitsOf(line) ?? 0, moved };
}
