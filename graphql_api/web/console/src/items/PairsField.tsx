/** Lines of two texts each, such as a barcode and what one scan of it stands for. */
import type { ReactElement } from 'react';

import { Icon } from '../ui/Icon';
import { linesOf, textOf } from './barcodeText';
import type { BarcodeLine } from './barcodeText';

interface PairsFieldProps {
  legend: string;
  /** What each of the two is, and an example of it. */
  first: { label: string; example: string };
  second: { label: string; example: string };
  another: string;
  /** nth: '' for the first line, ' 2' for the second. */
  takeAway: (nth: string) => string;
  hint: string;
  linesMax: number;
  /** A line each: barcodeText.ts. */
  value: string;
  onChange: (value: string) => void;
}

export function PairsField(props: PairsFieldProps): ReactElement {
  const { legend, first, second, value, onChange } = props;
  const lines = linesOf(value);
  const change = (at: number, changes: Partial<BarcodeLine>): void => {
    onChange(textOf(lines.map((line, index) => (index === at ? { ...line, ...changes } : line))));
  };
  const nth = (index: number): string => (index === 0 ? '' : ` ${index + 1}`);
  return (
    <fieldset className="fieldset barcodes">
      <legend className="field__label">{legend}</legend>
      {lines.map(({ code, per }, index) => (
        <div key={index} className="barcodes__line">
          <input
            className="input"
            aria-label={`${first.label}${nth(index)}`}
            placeholder={first.example}
            maxLength={64}
            spellCheck={false}
            value={code}
            onChange={(event) => change(index, { code: event.target.value })}
          />
          <input
            className="input number barcodes__per"
            aria-label={`${second.label}${nth(index)}`}
            placeholder={second.example}
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
            <span className="visually-hidden">{props.takeAway(nth(index))}</span>
          </button>
        </div>
      ))}
      <div className="barcodes__end">
        <span className="field__hint">{props.hint}</span>
        <button
          type="button"
          className="button button--small"
          disabled={lines.length >= props.linesMax || lines.at(-1)?.code === ''}
          onClick={() => onChange(`${value}\n`)}
        >
          <Icon name="plus" />
          {props.another}
        </button>
      </div>
    </fieldset>
  );
}
