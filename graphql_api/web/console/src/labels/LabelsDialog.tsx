/** Labels of an item: what is printed on, how many, and what a scanner reads; ends in a PDF. */
import { useApolloClient } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { PrintLabelsDocument } from '../../../client/generated/graphql';
import type { LabelSheet, LabelSymbol } from '../../../client/generated/graphql';
import type { EditedItem } from '../items/itemDraft';
import { QuantityField, unitsOf } from '../stock/QuantityField';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { download } from './download';
import { rememberedSheet, rememberSheet, SHEETS } from './sheets';

const COPIES_MAX = 500;

const SYMBOLS: readonly { symbol: LabelSymbol; words: string }[] = [
  { symbol: 'AUTO', words: 'A barcode where it fits, else a QR code' },
  { symbol: 'BARCODE', words: 'A barcode' },
  { symbol: 'QR', words: 'A QR code' },
];

interface LabelsDialogProps {
  item: EditedItem;
  onClose: () => void;
}

export function LabelsDialog({ item, onClose }: LabelsDialogProps): ReactElement {
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
    const line = { itemId: item.id, copies: unitsOf(copies) ?? 1, barcode: barcode || null };
    const used = onAPage > 1 ? (unitsOf(skip) ?? 0) : 0;
    const input = { lines: [line], sheet, symbol, skip: used, showsPrice };
    const { data } = await client.query({
      query: PrintLabelsDocument,
      variables: { input },
      fetchPolicy: 'no-cache',
    });
    if (!data) return;
    rememberSheet(sheet);
    download(data.labels.pdf, `labels-${item.sku}.pdf`, 'application/pdf');
    onClose();
    const { labels, warnings } = data.labels;
    const title = labels === 1 ? '1 label' : `${labels} labels`;
    tell({ tone: 'good', title, text: warnings.join(' ') || 'Print it in its real size.' });
  });
  return (
    <Dialog title={`Labels of ${item.name}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Field label="Printed on">
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
            label="Copies"
            min={1}
            max={COPIES_MAX}
            value={copies}
            onChange={setCopies}
          />
          {onAPage > 1 && (
            <QuantityField
              label="Used already"
              hint="Labels of the first sheet"
              min={0}
              max={onAPage - 1}
              autoFocus={false}
              value={skip}
              onChange={setSkip}
            />
          )}
        </div>
        <Field label="What a scanner reads">
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
        {item.barcodes.length > 1 && (
          <Field label="Code">
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={barcode}
                onChange={(event) => setBarcode(event.target.value)}
              >
                {item.barcodes.map(({ code, factor }) => (
                  <option key={code} value={code}>
                    {factor > 1 ? `${code} (${factor} units)` : code}
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
          With the price
        </label>
        <FormError error={error} />
        <FormActions submit="Make a PDF" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
