/** How a file is read, where what the server found is not right. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import type {
  DecimalSign,
  ImportOptions,
  SavedMappingFieldsFragment,
} from '../../../client/generated/graphql';
import { LocationSelect } from '../stock/LocationSelect';
import { Field } from '../ui/Field';
import { TextField } from '../ui/TextField';

/** Null and false: found, and as it stands. */
export type Reading = Pick<
  ImportOptions,
  | 'encoding'
  | 'decimal'
  | 'sheet'
  | 'generateSku'
  | 'lenient'
  | 'wide'
  | 'location'
  | 'reference'
>;

export const AS_FOUND: Reading = {
  encoding: null,
  decimal: null,
  sheet: null,
  generateSku: false,
  lenient: false,
  wide: false,
  location: null,
  reference: null,
};

/** As a saved mapping has it. */
export function readingOf(saved: SavedMappingFieldsFragment): Reading {
  const { encoding, decimal, sheet, generateSku, lenient, wide, reference } = saved;
  const location = saved.location?.id ?? null;
  return { encoding, decimal, sheet, generateSku, lenient, wide, location, reference };
}

const REFERENCE_MAX = 200; // as the server has it

/* Names of encodings are the same in every language. */
const ENCODINGS = [
  'utf-8',
  'utf-16',
  'cp1252',
  'cp1250',
  'cp1251',
  'iso8859_2',
  'koi8_r',
  'cp866',
  'cp932',
  'euc_jp',
  'gb18030',
  'big5',
  'cp949',
] as const;

interface ReadingFieldsProps {
  reading: Reading;
  found: { encoding: string; sheets: readonly string[]; sheet?: string | null };
  isOfItems: boolean;
  onChange: (reading: Reading) => void;
}

export function ReadingFields(props: ReadingFieldsProps): ReactElement {
  const { reading, found, isOfItems } = props;
  const change = (part: Reading): void => props.onChange({ ...reading, ...part });
  const isWorkbook = found.sheets.length > 0;
  return (
    <fieldset className="fieldset form">
      <legend><Trans>How the file is read</Trans></legend>
      {!isWorkbook && (
        <Choice
          label={t`Encoding`}
          value={reading.encoding ?? ''}
          choices={[
            ['', found.encoding === '' ? t`found` : t`found: ${found.encoding}`],
            ...ENCODINGS.map((name) => [name, name] as const),
          ]}
          onChange={(encoding) => change({ encoding: encoding || null })}
        />
      )}
      {found.sheets.length > 1 && (
        <Choice
          label={t`Sheet`}
          value={reading.sheet ?? found.sheet ?? ''}
          choices={found.sheets.map((name) => [name, name] as const)}
          onChange={(sheet) => change({ sheet })}
        />
      )}
      <Choice
        label={t`Decimal sign`}
        value={reading.decimal ?? ''}
        choices={[
          ['', t`found`],
          ['COMMA', '1.234,50'],
          ['POINT', '1,234.50'],
        ]}
        onChange={(sign) => change({ decimal: sign === '' ? null : (sign as DecimalSign) })}
      />
      {!isOfItems && (
        <>
          <LocationSelect
            label={t`Location of rows that name none`}
            value={String(reading.location ?? '')}
            onChange={(location) => change({ location: location || null })}
            empty={t`None: each row names its own`}
          />
          <TextField
            label={t`Reference`}
            hint={t`Of the movements; else the file's name.`}
            value={reading.reference ?? ''}
            maxLength={REFERENCE_MAX}
            onText={(reference) => change({ reference: reference || null })}
          />
        </>
      )}
      {isOfItems && (
        <>
          <Tick
            label={t`Make a SKU for rows without one`}
            value={reading.generateSku ?? false}
            onChange={(generateSku) => change({ generateSku })}
          />
          <Tick
            label={t`Take rows without their bad cells`}
            value={reading.lenient ?? false}
            onChange={(lenient) => change({ lenient })}
          />
        </>
      )}
    </fieldset>
  );
}

function Choice(props: {
  label: string;
  value: string;
  choices: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}): ReactElement {
  return (
    <Field label={props.label}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        >
          {props.choices.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Tick(props: {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
}): ReactElement {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={props.value}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      {props.label}
    </label>
  );
}
