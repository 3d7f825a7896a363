/** A delivery: what came in, scanned or typed, booked at once under one reference. */
import { plural, t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { BatchPage, OnlyWriters } from './BatchPage';
import { useBatch } from './useBatch';

export default function ReceivePage(): ReactElement {
  return (
    <OnlyWriters title={t`Receive`}>
      <Receiving />
    </OnlyWriters>
  );
}

function Receiving(): ReactElement {
  const batch = useBatch('receive');
  return (
    <BatchPage
      title={t`Receive`}
      subtitle={t`Scan what came in, or type it. It is booked when you say so.`}
      batch={batch}
      min={1}
      submit={(lines) => plural(lines, { one: 'Receive # line', other: 'Receive # lines' })}
      onSubmit={() => batch.book(null)}
    />
  );
}
