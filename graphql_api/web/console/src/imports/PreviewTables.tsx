/** The columns of a file with their fields, and its first rows. */
import type { ReactElement } from 'react';

import type { ImportKind, ImportPreviewQuery } from '../../../client/generated/graphql';
import { Pill } from '../ui/Pill';
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
        <caption className="visually-hidden">Columns of the file</caption>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Stands for</th>
          </tr>
        </thead>
        <tbody>
          {columns.map(({ name, field }, index) => (
            <tr key={index}>
              <td>{name}</td>
              <td>
                <select
                  className="input"
                  aria-label={`What ${name} stands for`}
                  value={field ?? ''}
                  onChange={(event) => onChange(name, field, event.target.value)}
                >
                  <option value="">nothing</option>
                  {field && !(FIELDS[kind] as readonly string[]).includes(field) && (
                    <option value={field}>{field}</option>
                  )}
                  {FIELDS[kind].map((one) => (
                    <option key={one} value={one}>
                      {one}
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

export function RowTable({ rows }: { rows: Preview['rows'] }): ReactElement {
  return (
    <div className="table-frame">
      <table className="table">
        <caption className="visually-hidden">The first rows</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Becomes</th>
            <th scope="col">Says</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              <td>
                <Pill tone={row.outcome === 'BAD' ? 'bad' : 'good'}>
                  {row.outcome.toLowerCase()}
                </Pill>
              </td>
              <td>
                {row.values.map(({ field, value }) => `${field}: ${value}`).join(', ')}
                {row.problems.map((problem) => (
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
