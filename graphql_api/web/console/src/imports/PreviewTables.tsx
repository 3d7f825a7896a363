/** The columns of a file with their fields, and its first rows. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import type { ImportKind, ImportPreviewQuery } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import { Pill } from '../ui/Pill';
import { fieldChoice, fieldWords } from './fieldWords';
import { FIELDS } from './mapping';

type Preview = NonNullable<ImportPreviewQuery['import']>['preview'];

interface ColumnTableProps {
  kind: ImportKind;
  columns: Preview['columns'];
  onChange: (column: string, before: string | null, field: string) => void;
}

export function ColumnTable({ kind, columns, onChange }: ColumnTableProps): ReactElement {
  return (
    <div className="table-frame">
      <table className="table">
        <caption className="visually-hidden"><Trans>Columns of the file</Trans></caption>
        <thead>
          <tr>
            <th scope="col"><Trans>Column</Trans></th>
            <th scope="col"><Trans>Stands for</Trans></th>
          </tr>
        </thead>
        <tbody>
          {columns.map(({ name, field }, index) => (
            <tr key={index}>
              <td>{name}</td>
              <td>
                <select
                  className="input"
                  aria-label={t`What ${name} stands for`}
                  value={field ?? ''}
                  onChange={(event) => onChange(name, field, event.target.value)}
                >
                  <option value=""><Trans>nothing</Trans></option>
                  {field && !(FIELDS[kind] as readonly string[]).includes(field) && (
                    <option value={field}>{fieldChoice(field)}</option>
                  )}
                  {FIELDS[kind].map((one) => (
                    <option key={one} value={one}>
                      {fieldChoice(one)}
                    </option>
                  ))}
                </select>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const OUTCOMES: Readonly<Record<string, string | undefined>> = {
  CREATED: t`created`,
  UPDATED: t`updated`,
  UNCHANGED: t`unchanged`,
  BOOKED: t`booked`,
  BAD: t`bad`,
};

export function RowTable({ rows }: { rows: Preview['rows'] }): ReactElement {
  return (
    <div className="table-frame">
      <table className="table">
        <caption className="visually-hidden"><Trans>The first rows</Trans></caption>
        <thead>
          <tr>
            <th scope="col"><Trans>Line</Trans></th>
            <th scope="col"><Trans>Becomes</Trans></th>
            <th scope="col"><Trans>Says</Trans></th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              <td>
                <Pill tone={row.outcome === 'BAD' ? 'bad' : 'good'}>
                  {OUTCOMES[row.outcome] ?? row.outcome.toLowerCase()}
                </Pill>
              </td>
              <td>
                {row.values.map(({ field, value }) => `${fieldWords(field)}: ${value}`).join(', ')}
                {row.problemSentences.map(serverWords).map((problem) => (
                  <p key={problem}>{problem}</p>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
