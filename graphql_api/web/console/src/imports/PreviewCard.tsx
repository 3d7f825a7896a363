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
import type {
  ImportKind,
  ImportOptions,
  SavedMappingFieldsFragment,
  StockMode,
} from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import { useSubmitKey } from '../stock/useSubmitKey';
import { Card } from '../ui/Card';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { Failed, Loading } from '../ui/states';
import { useSubmit } from '../ui/useSubmit';
import { mappingOf, remapped, sentOf } from './mapping';
import type { Mapping } from './mapping';
import { ColumnTable, RowTable } from './PreviewTables';
import { AS_FOUND, ReadingFields, readingOf } from './ReadingFields';
import { SavedMappingField } from './SavedMappingField';

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
  const [saved, setSaved] = useState<Saved>({ mapping: null, isProposed: false });
  const options: ImportOptions = { kind, stockMode: mode, ...reading, mapping: sentOf(mapping, kind) };
  const { data, previousData, error, refetch } = useQuery(ImportPreviewDocument, {
    variables: { id, options: { ...options, reference: null } }, // which changes nothing of it
    fetchPolicy: 'network-only',
  });
  const preview = (data ?? previousData)?.import?.preview;
  const choose = (one: SavedMappingFieldsFragment | null, isProposed = false): void => {
    setSaved({ mapping: one, isProposed });
    setKind(one?.kind ?? null);
    setMode(one?.stockMode ?? null);
    setMapping(mappingOf(one?.columns ?? []));
    setReading(one === null ? AS_FOUND : readingOf(one));
  };
  useProposal(preview?.savedMapping, (one) => choose(one, true));
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
        <SavedMappingField
          importId={id}
          options={{ ...options, kind: shown }}
          chosen={saved.mapping}
          isProposed={saved.isProposed}
          onChoose={choose}
          onNamed={(one) => setSaved({ mapping: one, isProposed: false })}
        />
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

interface Saved {
  mapping: SavedMappingFieldsFragment | null;
  isProposed: boolean;
}

/** Takes what the first look at a file proposes, once: a person may choose otherwise. undefined: it was
 * not looked at yet; null: it proposes nothing. */
function useProposal(
  proposed: SavedMappingFieldsFragment | null | undefined,
  take: (mapping: SavedMappingFieldsFragment) => void,
): void {
  const [isOver, setOver] = useState(false);
  if (isOver || proposed === undefined) return;
  setOver(true);
  if (proposed !== null) take(proposed);
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
