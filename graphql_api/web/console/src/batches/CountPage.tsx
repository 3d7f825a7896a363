/**
 * A count of many things at one place, blind: what the system expects is told when everything is
 * counted, as differences that are looked at before they are booked.
 */
import { useApolloClient } from '@apollo/client/react';
import { plural, t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { useConnectionStatus } from '../../../client';
import { GoodsNowDocument } from '../../../client/generated/graphql';
import { levelAt } from '../stock/levels';
import { FormError } from '../ui/FormError';
import { useSubmit } from '../ui/useSubmit';
import { BatchPage, OnlyWriters } from './BatchPage';
import { CountReview } from './CountReview';
import type { Draft } from './draft';
import { useBatch } from './useBatch';

const IDS_MAX = 100; // that the server looks up at once

export default function CountPage(): ReactElement {
  return (
    <OnlyWriters title={t`Count`}>
      <Counting />
    </OnlyWriters>
  );
}

function Counting(): ReactElement {
  const batch = useBatch('count');
  const levelsNow = useLevelsNow();
  const [expected, setExpected] = useState<ReadonlyMap<string, number> | null>(null);
  const review = useSubmit(async () => setExpected(await levelsNow(batch.draft)));
  return (
    <>
      <BatchPage
        title={t`Count`}
        subtitle={t`Scan or type what is there. What should be there is shown at the end.`}
        batch={batch}
        min={0}
        submit={(lines) => plural(lines, { one: 'Compare # line', other: 'Compare # lines' })}
        onSubmit={() => void review.run()}
      >
        <FormError error={review.error} />
      </BatchPage>
      {expected !== null && (
        <CountReview
          lines={batch.draft.lines}
          expected={expected}
          onClose={() => setExpected(null)}
          onConfirm={() => {
            batch.book(batch.draft.lines.map(({ item }) => expected.get(item.id) ?? 0));
            setExpected(null);
          }}
        />
      )}
    </>
  );
}

/** What the system says is at the place now, by item; without the server, what it said when each line
 * was begun. What has moved since is refused when the count is sent. */
function useLevelsNow(): (draft: Draft) => Promise<ReadonlyMap<string, number>> {
  const apollo = useApolloClient();
  const { state } = useConnectionStatus();
  return async ({ lines, location }) => {
    const seen = lines.flatMap(({ item, seen: level }) => (level === null ? [] : [[item.id, level] as const]));
    if (state !== 'connected' && seen.length === lines.length) return new Map(seen);
    const levels = new Map<string, number>();
    for (let from = 0; from < lines.length; from += IDS_MAX) {
      const ids = lines.slice(from, from + IDS_MAX).map(({ item }) => item.id);
      const { data } = await apollo.query({
        query: GoodsNowDocument,
        variables: { ids },
        fetchPolicy: 'network-only', // it is compared with the shelf as it is now
      });
      for (const node of data?.nodes ?? []) {
        if (node !== null && 'levels' in node) levels.set(node.id, levelAt(node.levels, location));
      }
    }
    return levels;
  };
}
