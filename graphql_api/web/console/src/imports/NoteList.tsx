/** What is odd in rows that an import took all the same, by kind. */
import { plural, t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import type { ImportStateQuery } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';

type Note = NonNullable<ImportStateQuery['import']>['notes'][number];

export function NoteList({ notes }: { notes: readonly Note[] }): ReactElement | null {
  if (notes.length === 0) return null;
  return (
    <ul className="muted" aria-label={t`Notes on rows`}>
      {notes.map((note, index) => (
        <li key={index}>
          {serverWords(note.sentence)} ({where(note)})
        </li>
      ))}
    </ul>
  );
}

function where({ count, lines }: Note): string {
  const first = lines.join(', ') + (count > lines.length ? ' …' : '');
  return plural(count, { one: `line ${first}`, other: `# rows: lines ${first}` });
}
