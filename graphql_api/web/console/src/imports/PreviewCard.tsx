/** What a file would become, and how it is to be read. */
import { useMutation, useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import {
  CancelImportDocument,
  ImportPreviewDocument,
  StartImportDocument,
} from '../../../client/generated/graphql';
import type { ImportKind, ImportOptions, StockMode } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import { useSubmitKey } from '../stock/useSubmitKey';
import { Card } from '../ui/Card';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { Failed, Loading } from '../ui/states';
import { useSubmit } from '../ui/useSubmit';
import { FIELDS, remapped } from './mapping';
import type { Mapping } from './mapping';
import { ColumnTable, RowTable } from './PreviewTables';
import { AS_FOUND, ReadingFields } from './ReadingFields';

const KINDS = [
  { value: 'ITEMS', label: t`Items` },
  { value: 'STOCK', label: t`Stock` },
] as const;
const MODES = [
  { value: 'COUNT', label: t`Counts` },
  { value: 'ADD', label: t`Came in` },
] as const;

interface PreviewCardProps {
  id: string;
  onStarted: () => void;
  onCancelled: () => void;
}

export function PreviewCard({ id, onStarted, onCancelled }: PreviewCardProps): ReactElement {
  const [kind, setKind] = useState<ImportKind | null>(null);
  const [mode, setMode] = useState<StockMode | null>(null);
  const [mapping, setMapping] = useState<Mapping>({});
  const [reading, setReading] = useState(AS_FOUND);
  const options: ImportOptions = {
    kind,
    stockMode: mode,
    ...reading,
    mapping: Object.entries(mapping)
      .filter(([field]) => kind === null || (FIELDS[kind] as readonly string[]).includes(field))
      .map(([field, column]) => ({ field, column })),
  };
  const { data, previousData, error, refetch } = useQuery(ImportPreviewDocument, {
    variables: { id, options },
    fetchPolicy: 'network-only',
  });
  const preview = (data ?? previousData)?.import?.preview;
  const shown = kind ?? (preview?.kind === 'STOCK' ? 'STOCK' : 'ITEMS');
  const start = useStart(id, { ...options, kind: shown }, onStarted);
  const [cancel] = useMutation(CancelImportDocument);
  const cancelling = useSubmit(async () => {
    await cancel({ variables: { id } });
    onCancelled();
  });
  if (!preview && error) return <Failed error={error} retry={() => void refetch()} />;
  if (!preview) return <Loading label={t`Reading the file`} />;
  const isReady = preview.rows.length > 0 && (shown === 'ITEMS' || mode !== null);
  return (
    <Card title={t`What it would become`}>
      <div className="form">
        <Segments label={t`What the file is of`} choices={KINDS} value={shown} onChange={setKind} />
        {shown === 'STOCK' && (
          <Segments
            label={t`What its quantities are`}
            choices={MODES}
            value={mode ?? ('' as StockMode)}
            onChange={setMode}
          />
        )}
        {preview.problemSentences.length > 0 && (
          <ul role="status">
            {preview.problemSentences.map(serverWords).map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        )}
        {preview.noteSentences.length > 0 && (
          <ul className="muted" aria-label={t`What was found`}>
            {preview.noteSentences.map(serverWords).map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        <ReadingFields
          reading={reading}
          found={preview}
          isOfItems={shown === 'ITEMS'}
          onChange={setReading}
        />
        <ColumnTable
          kind={shown}
          columns={preview.columns}
          onChange={(column, before, field) =>
            setMapping(remapped(mapping, column, before, field))
          }
        />
        <RowTable rows={preview.rows} />
        <FormError error={start.error ?? cancelling.error} />
        <div className="form__actions">
          <button type="button" className="button" onClick={() => void cancelling.run()}>
            <Trans>Cancel</Trans>
          </button>
          <button
            type="button"
            className="button button--primary"
            disabled={!isReady || start.busy}
            onClick={() => void start.run()}
          >
            <Trans>Import</Trans>
          </button>
        </div>
      </div>
    </Card>
  );
}

function useStart(
  id: string,
  options: ImportOptions,
  onStarted: () => void,
): ReturnType<typeof useSubmit<[]>> {
  const [start] = useMutation(StartImportDocument);
  const withKey = useSubmitKey();
  return useSubmit(async () => {
    await withKey(async (idempotencyKey) => {
      const { data } = await start({ variables: { input: { idempotencyKey, id, options } } });
      throwIfRefused(data?.startImport.userErrors ?? []);
    });
    onStarted();
  });
}
