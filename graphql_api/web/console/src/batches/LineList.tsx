/** The lines of a batch, the newest first: what, how many, and why it was refused. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent, ReactElement } from 'react';

import { withUnit } from '../stock/AmountField';
import { inUnit, readAmount, unitOf } from '../stock/amounts';
import { rememberUnit } from '../stock/lastUnits';
import { Icon } from '../ui/Icon';
import { Wedge } from '../scanner/wedge';
import { changed, without } from './draft';
import type { DraftLine } from './draft';
import type { Batch } from './useBatch';

interface LineListProps {
  batch: Batch;
  /** In base units: 1 where something comes in, 0 where it is counted. */
  min: number;
  /** Enter: the quantity is typed, on to the next. */
  onDone: () => void;
  /** A scanner typed into a quantity: this is a code. */
  onScan: (code: string) => void;
}

export function LineList({ batch, ...given }: LineListProps): ReactElement | null {
  const { lines } = batch.draft;
  if (lines.length === 0) return null;
  return (
    <ul className="list lines" aria-label={t`Lines`}>
      {[...lines].reverse().map((line) => (
        <Line
          key={line.item.id}
          line={line}
          change={(changes) =>
            batch.update(({ lines: now }) => ({ lines: changed(now, line.item.id, changes) }))
          }
          remove={() => batch.update(({ lines: now }) => ({ lines: without(now, line.item.id) }))}
          {...given}
        />
      ))}
    </ul>
  );
}

interface LineProps extends Omit<LineListProps, 'batch'> {
  line: DraftLine;
  change: (changes: Partial<DraftLine>) => void;
  remove: () => void;
}

function Line({ line, change, remove, min, onDone, onScan }: LineProps): ReactElement {
  const { item, problem } = line;
  const amount = withUnit(line.amount, item);
  const unit = unitOf(item, amount.unit);
  const reading = amount.text === '' ? null : readAmount(amount.text, unit, item.unit, min);
  const unread = reading !== null && 'problem' in reading ? reading.problem : null;
  const base = reading !== null && 'value' in reading && unit.factor !== 1 ? reading.value : null;
  const input = useQuantityInput(amount.text, unread);
  const setText = (text: string): void => change({ amount: { ...amount, text }, problem: null });
  const keys = useScannedInto(amount.text, setText, onDone, onScan);
  const note = unread ?? problem;
  return (
    <li className="lines__line">
      <span className="lines__name">
        <bdi>{item.name}</bdi> <span className="code muted">{item.sku}</span>
      </span>
      <input
        ref={input}
        className="input number lines__quantity"
        aria-label={t`Quantity of ${item.name}`}
        aria-invalid={unread !== null}
        inputMode={unit.factor === 1 ? 'numeric' : 'decimal'}
        autoComplete="off"
        required
        value={amount.text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={keys}
      />
      {item.units.length > 1 ? (
        <select
          className="input lines__unit"
          aria-label={t`Unit of ${item.name}`}
          value={unit.name}
          onChange={({ target }) => {
            rememberUnit(item.id, target.value);
            change({ amount: { ...amount, unit: target.value }, problem: null });
          }}
        >
          {item.units.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      ) : (
        <span className="muted lines__unit" title={item.unit}>
          {item.unit}
        </span>
      )}
      <button type="button" className="button button--quiet button--icon" onClick={remove}>
        <Icon name="close" />
        <span className="visually-hidden"><Trans>Take {item.name} away</Trans></span>
      </button>
      {(note ?? base) !== null && (
        <span className={note === null ? 'lines__note muted' : 'lines__note lines__note--bad'} role="status">
          {note ?? `= ${inUnit(Number(base), unitOf(item, item.unit), item.unit)}`}
        </span>
      )}
    </li>
  );
}

/** Takes the focus when the line is new and its quantity is to be typed. */
function useQuantityInput(
  text: string,
  unread: string | null,
): React.RefObject<HTMLInputElement | null> {
  const input = useRef<HTMLInputElement>(null);
  const isOpen = useRef(text === '');
  useEffect(() => {
    if (isOpen.current) input.current?.focus();
  }, []);
  useEffect(() => {
    input.current?.setCustomValidity(unread ?? ''); // keeps the form from being sent
  }, [unread]);
  return input;
}

const SCAN_PAUSE_MS = 60; // between two keys: nobody types as fast as that for as long as this
const SCAN_LENGTH_MIN = 6;

/** A scanner types where the focus is: what came in one burst is a code, and the quantity stays. */
function useScannedInto(
  text: string,
  setText: (text: string) => void,
  onDone: () => void,
  onScan: (code: string) => void,
): (event: KeyboardEvent) => void {
  const burst = useRef<{ wedge: Wedge; before: string } | null>(null);
  const lastMs = useRef(-Infinity);
  return (event) => {
    const { key, nativeEvent, timeStamp } = event;
    if (nativeEvent.isComposing) return;
    if (timeStamp - lastMs.current > SCAN_PAUSE_MS) burst.current = { wedge: new Wedge(), before: text };
    lastMs.current = timeStamp;
    const read = burst.current?.wedge.press(nativeEvent);
    if (key !== 'Enter') return;
    event.preventDefault();
    const code = typeof read === 'object' && read !== null ? read.code : '';
    if (code.length >= SCAN_LENGTH_MIN) {
      setText(burst.current?.before ?? '');
      onScan(code);
    } else onDone();
  };
}
