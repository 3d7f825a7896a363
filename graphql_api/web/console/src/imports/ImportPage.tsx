/** Files into items and stock: a file is chosen, looked at, and taken over. For administrators. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { useInventoryClient } from '../../../client';
import { Card } from '../ui/Card';
import { Field } from '../ui/Field';
import { FormError } from '../ui/FormError';
import { Page } from '../ui/Page';
import { useSubmit } from '../ui/useSubmit';
import { upload } from './files';
import { PastImports } from './PastImports';
import { PreviewCard } from './PreviewCard';
import { RunningCard } from './RunningCard';

interface Chosen {
  id: string;
  name: string;
  isStarted: boolean;
}

export default function ImportPage(): ReactElement {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const again = (): void => setChosen(null);
  return (
    <Page title={t`Import`} subtitle={chosen?.name ?? t`A file of items, of counts, or of a delivery.`}>
      {chosen === null && (
        <>
          <ChooseCard onChosen={(file) => setChosen({ ...file, isStarted: false })} />
          <PastImports onOpen={({ id, name }) => setChosen({ id, name, isStarted: false })} />
        </>
      )}
      {chosen !== null && !chosen.isStarted && (
        <PreviewCard
          id={chosen.id}
          onStarted={() => setChosen({ ...chosen, isStarted: true })}
          onCancelled={again}
        />
      )}
      {chosen?.isStarted && <RunningCard id={chosen.id} onAgain={again} />}
    </Page>
  );
}

function ChooseCard(props: {
  onChosen: (file: { id: string; name: string }) => void;
}): ReactElement {
  const client = useInventoryClient();
  const { run, busy, error } = useSubmit(async (file: File) => {
    props.onChosen(await upload(client, file));
  });
  return (
    <Card title={t`Choose a file`}>
      <Field
        label={t`File`}
        hint={busy ? t`It is on its way…` : t`CSV or XLSX. Nothing is written before you have seen it.`}
      >
        {(ids) => (
          <input
            {...ids}
            className="input"
            type="file"
            disabled={busy}
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file) void run(file);
            }}
          />
        )}
      </Field>
      <FormError error={error} />
    </Card>
  );
}
