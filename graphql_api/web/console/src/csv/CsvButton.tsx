/** Takes all that a list has, and not only what is loaded of it, home as a CSV file. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { describe } from '../ui/describe';
import { Icon } from '../ui/Icon';
import { saveBlob } from '../ui/saveBlob';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { csvOf } from './csv';
import type { Cell } from './csv';

export interface CsvPage<Row> {
  rows: readonly Row[];
  /** Where the next page begins; null: this was the last. */
  next: string | null;
}

/** after: null for the first page. */
export type LoadPage<Row> = (after: string | null) => Promise<CsvPage<Row>>;

interface CsvButtonProps<Row> {
  /** Of the file, without its ending. */
  name: string;
  heads: readonly string[];
  cells: (row: Row) => readonly Cell[];
  load: LoadPage<Row>;
}

export const ROWS_MAX = 20_000; // of one file: some 200 questions to the server

export function CsvButton<Row>(props: CsvButtonProps<Row>): ReactElement {
  const { name, heads, cells, load } = props;
  const [count, setCount] = useState(0);
  const tell = useToast();
  const { run, busy } = useSubmit(
    async () => {
      setCount(0);
      const { rows, isWhole } = await allOf(load, setCount);
      const text = csvOf(heads, rows.map(cells));
      saveBlob(new Blob([text], { type: 'text/csv;charset=utf-8' }), `${name}.csv`);
      if (isWhole) return;
      tell({ tone: 'warning', title: t`The file ends after ${plural(rows.length, { one: '# row', other: '# rows' })}` });
    },
    (error) => tell({ tone: 'bad', title: t`The file was not made`, text: describe(error) }),
  );
  return (
    <button type="button" className="button" disabled={busy} onClick={() => void run()}>
      <Icon name="down" />
      {busy ? t`${plural(count, { one: '# row', other: '# rows' })}…` : 'CSV'}
      <span className="visually-hidden"><Trans> of what is listed</Trans></span>
    </button>
  );
}

/** All rows of a list, page by page. told: how many there are by then. */
export async function allOf<Row>(
  load: LoadPage<Row>,
  told: (count: number) => void = () => undefined,
): Promise<{ rows: Row[]; isWhole: boolean }> {
  const rows: Row[] = [];
  let next: string | null = null;
  do {
    const page: CsvPage<Row> = await load(next);
    rows.push(...page.rows);
    told(rows.length);
    next = page.next;
  } while (next !== null && rows.length < ROWS_MAX);
  return { rows, isWhole: next === null };
}
