/** An item's barcodes, each with what one scan of it stands for. */
import type { ReactElement } from 'react';

import { Icon } from '../ui/Icon';
import { BARCODES_MAX, linesOf, textOf } from './barcodeText';
import type { BarcodeLine } from './barcodeText';

interface BarcodesFieldProps {
  /** A line each: barcodeText.ts. */
  value: string;
  onChange: (value: string) => void;
}

export function BarcodesField({ value, onChange }: BarcodesFieldProps): ReactElement {
  const lines = linesOf(value);
  const change = (at: number, changes: Partial<BarcodeLine>): void => {
    onChange(textOf(lines.map((line, index) => (index === at ? { ...line, ...changes } : line))));
  };
  const nth = (index: number): string => (index === 0 ? '' : ` ${index + 1}`);
  return (
    <fieldset className="fieldset barcodes">
      <legend className="field__label">Barcodes</legend>
      {lines.map(({ code, per }, index) => (
        <div key={index} className="barcodes__line">
          <input
            className="input"
            aria-label={`Barcode${nth(index)}`}
            placeholder="Code"
            maxLength={64}
            spellCheck={false}
            value={code}
            onChange={(event) => change(index, { code: event.target.value })}
          />
          <input
            className="input number barcodes__per"
            aria-label={`Units per scan${nth(index)}`}
            placeholder="× 1"
            maxLength={32}
            value={per}
            onChange={(event) => change(index, { per: event.target.value })}
          />
          <button
            type="button"
            className="button button--quiet button--icon"
            disabled={lines.length === 1 && code === ''}
            onClick={() => onChange(textOf(lines.filter((_, other) => other !== index)))}
          >
            <Icon name="close" />
            <span className="visually-hidden">Take barcode{nth(index)} away</span>
          </button>
        </div>
      ))}
      <div className="barcodes__end">
        <span className="field__hint">
          Units that one scan stands for: 12 for a carton of 12, or the name of a unit
        </span>
        <button
          type="button"
          className="button button--small"
          disabled={lines.length >= BARCODES_MAX || lines.at(-1)?.code === ''}
          onClick={() => onChange(`${value}\n`)}
        >
          <Icon name="plus" />
          Another barcode
        </button>
      </div>
    </fieldset>
  );
}
