/** Labels of items: what is printed on, how many, and what a scanner reads; ends in a PDF. */
import { useApolloClient } from '@apollo/client/react';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { PrintLabelsDocument } from '../../../client/generated/graphql';
import type { LabelSheet, LabelSymbol } from '../../../client/generated/graphql';
import { forAccount } from '../language/account';
import { LANGUAGE } from '../language/active';
import { serverWords } from '../language/serverWords';
import { QuantityField, unitsOf } from '../stock/QuantityField';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { saveBlob } from '../ui/saveBlob';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { rememberedSheet, rememberSheet, SHEETS } from './sheets';

const LABELS_MAX = 500; // of one PDF
export const ITEMS_MAX = 250; // likewise

const SYMBOLS: readonly { symbol: LabelSymbol; words: string }[] = [
  { symbol: 'AUTO', words: t`A barcode where it fits, else a QR code` },
  { symbol: 'BARCODE', words: t`A barcode` },
  { symbol: 'QR', words: t`A QR code` },
];

interface LabelledItem {
  id: string;
  sku: string;
  name: string;
  /** Absent: they are not known here, and the first is taken. */
  barcodes?: readonly { code: string; factor: number }[];
}

interface LabelsDialogProps {
  /** 1 to ITEMS_MAX. */
  items: readonly LabelledItem[];
  onClose: () => void;
}

export function LabelsDialog({ items, onClose }: LabelsDialogProps): ReactElement {
  const single = items.length === 1 ? items[0] : undefined;
  const barcodes = single?.barcodes ?? [];
  const [sheet, setSheet] = useState<LabelSheet>(rememberedSheet);
  const [symbol, setSymbol] = useState<LabelSymbol>('AUTO');
  const [barcode, setBarcode] = useState('');
  const [copies, setCopies] = useState('1');
  const [skip, setSkip] = useState('0');
  const [showsPrice, setShowsPrice] = useState(false);
  const client = useApolloClient();
  const tell = useToast();
  const onAPage = SHEETS.find((one) => one.sheet === sheet)?.labels ?? 1;
  const { run, busy, error } = useSubmit(async () => {
    const lines = items.map(({ id }) => ({
      itemId: id,
      copies: unitsOf(copies) ?? 1,
      barcode: barcode || null,
    }));
    const used = onAPage > 1 ? (unitsOf(skip) ?? 0) : 0;
    const language = forAccount(LANGUAGE);
    const input = { lines, sheet, symbol, skip: used, showsPrice, language };
    const { data } = await client.query({
      query: PrintLabelsDocument,
      variables: { input },
      fetchPolicy: 'no-cache',
    });
    if (!data) return;
    rememberSheet(sheet);
    saveBlob(pdfOf(data.labels.pdf), single ? `labels-${single.sku}.pdf` : 'labels.pdf');
    onClose();
    const { labels, warningSentences } = data.labels;
    const odd = warningSentences.map(serverWords).join(' ');
    const title = plural(labels, { one: '# label', other: '# labels' });
    tell({ tone: 'good', title, text: odd || t`Print it in its real size.` });
  });
  return (
    <Dialog
      title={
        single
          ? t`Labels of ${single.name}`
          : plural(items.length, { one: 'Labels of # item', other: 'Labels of # items' })
      }
      onClose={onClose}
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Field label={t`Printed on`}>
          {(ids) => (
            <select
              {...ids}
              className="input"
              value={sheet}
              onChange={(event) => setSheet(event.target.value as LabelSheet)}
            >
              {SHEETS.map((one) => (
                <option key={one.sheet} value={one.sheet}>
                  {one.words}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div className="form__row">
          <QuantityField
            label={single ? t`Copies` : t`Copies of each`}
            min={1}
            max={Math.floor(LABELS_MAX / items.length)}
            value={copies}
            onChange={setCopies}
          />
          {onAPage > 1 && (
            <QuantityField
              label={t`Used already`}
              hint={t`Labels of the first sheet`}
              min={0}
              max={onAPage - 1}
              autoFocus={false}
              value={skip}
              onChange={setSkip}
            />
          )}
        </div>
        <Field label={t`What a scanner reads`}>
          {(ids) => (
            <select
              {...ids}
              className="input"
              value={symbol}
              onChange={(event) => setSymbol(event.target.value as LabelSymbol)}
            >
              {SYMBOLS.map((one) => (
                <option key={one.symbol} value={one.symbol}>
                  {one.words}
                </option>
              ))}
            </select>
          )}
        </Field>
        {barcodes.length > 1 && (
          <Field label={t`Code`}>
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={barcode}
                onChange={(event) => setBarcode(event.target.value)}
              >
                {barcodes.map(({ code, factor }) => (
                  <option key={code} value={code}>
                    {factor > 1 ? t`${code} (${factor} units)` : code}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <label className="check">
          <input
            type="checkbox"
            checked={showsPrice}
            onChange={(event) => setShowsPrice(event.target.checked)}
          />
          <Trans>With the price</Trans>
        </label>
        <FormError error={error} />
        <FormActions submit={t`Make a PDF`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

/** base64: as the server sends it. */
function pdfOf(base64: string): Blob {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: 'application/pdf' });
}
