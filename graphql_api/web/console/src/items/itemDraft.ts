/** An item as a person types it: all text. Pure. */
import { t } from '@lingui/core/macro';

import type {
  CreateItemInput,
  EditedItemFragment,
  UpdateItemInput,
  Visibility,
} from '../../../client/generated/graphql';
import { isEmpty, reader } from '../ui/typedNumber';
import type { Reading } from '../ui/typedNumber';
import { barcodesOf, barcodeText } from './barcodeText';
import { unitsIn, unitText } from './unitText';

export type EditedItem = EditedItemFragment;

export interface ItemDraft {
  sku: string;
  name: string;
  description: string;
  category: string;
  /** A line each: barcodeText.ts. */
  barcodes: string;
  unit: string;
  /** Those beside the base unit, a line each: unitText.ts. */
  units: string;
  /** '': the base unit. */
  displayUnit: string;
  price: string;
  cost: string;
  minStock: string;
  /** '': as the business has it. */
  leadTimeDays: string;
  visibility: Visibility;
}

export type DraftField = keyof ItemDraft;

export const FIELD_LABELS: Readonly<Record<DraftField, string>> = {
  name: t`Name`,
  sku: 'SKU',
  category: t`Category`,
  barcodes: t`Barcodes`,
  unit: t`Unit`,
  units: t`Other units`,
  displayUnit: t`Shown in`,
  price: t`Price`,
  cost: t`Cost`,
  minStock: t`Minimum stock`,
  leadTimeDays: t`Lead time, days`,
  visibility: t`Visible to`,
  description: t`Description`,
};

const FIELDS = Object.keys(FIELD_LABELS) as DraftField[];

export const EMPTY_DRAFT: ItemDraft = {
  sku: '',
  name: '',
  description: '',
  category: '',
  barcodes: '',
  unit: t`unit`,
  units: '',
  displayUnit: '',
  price: '0',
  cost: '',
  minStock: '0',
  leadTimeDays: '',
  visibility: 'EVERYONE',
};

export function draftOf(item: EditedItem): ItemDraft {
  return {
    sku: item.sku,
    name: item.name,
    description: item.description,
    category: item.category ?? '',
    barcodes: barcodeText(item.barcodes),
    unit: item.unit,
    units: unitText(item.units),
    displayUnit: item.displayUnit === item.unit ? '' : item.displayUnit,
    price: reader.typed(item.price),
    cost: item.cost === null ? '' : reader.typed(item.cost),
    minStock: String(item.minStock),
    leadTimeDays: item.leadTimeDays === null ? '' : String(item.leadTimeDays),
    visibility: item.visibility,
  };
}

/** The fields that differ. A number that is only written in another way does not. */
export function changedFields(before: ItemDraft, after: ItemDraft): DraftField[] {
  return FIELDS.filter((field) => meaning(before, field) !== meaning(after, field));
}

const NUMBERS: Partial<Record<DraftField, (text: string) => Reading>> = {
  price: reader.decimal,
  cost: reader.decimal,
  minStock: (text) => reader.whole(text),
  leadTimeDays: (text) => reader.whole(text),
};

function meaning(draft: ItemDraft, field: DraftField): string {
  const text = draft[field];
  if (field === 'barcodes') return JSON.stringify(barcodesOf(text));
  if (field === 'units') return JSON.stringify(unitsIn(text));
  const read = NUMBERS[field];
  if (read === undefined || isEmpty(text)) return text;
  const reading = read(text);
  if (!('value' in reading)) return text;
  return reading.value.includes('.') ? reading.value.replace(/\.?0*$/, '') : reading.value;
}

/** As the server takes it; what cannot be read goes as it is, and is refused in words. */
function canonical(text: string, read: (text: string) => Reading): string {
  const reading = read(text);
  return 'value' in reading ? reading.value : text.trim();
}

/** What updateItem must be told: the changed fields alone, so that nobody else's are touched. */
export function updateOf(before: ItemDraft, after: ItemDraft): Omit<UpdateItemInput, 'id'> {
  const changed = new Set(changedFields(before, after));
  return Object.fromEntries(
    Object.entries(inputOf(after)).filter(([field]) => changed.has(field as DraftField)),
  );
}

/** Of an item that is new; what is unknown is left out. */
export function creationOf(draft: ItemDraft): CreateItemInput {
  const { cost, ...input } = inputOf(draft);
  return cost === null ? input : { ...input, cost };
}

function inputOf(draft: ItemDraft): Required<Pick<CreateItemInput, DraftField>> {
  return {
    sku: draft.sku.trim(),
    name: draft.name.trim(),
    description: draft.description,
    category: draft.category.trim() || null,
    barcodes: barcodesOf(draft.barcodes),
    unit: draft.unit.trim(),
    units: unitsIn(draft.units),
    displayUnit: draft.displayUnit || null,
    price: canonical(draft.price, reader.decimal),
    cost: isEmpty(draft.cost) ? null : canonical(draft.cost, reader.decimal),
    minStock: Number(canonical(draft.minStock, reader.whole)),
    leadTimeDays: isEmpty(draft.leadTimeDays)
      ? null
      : Number(canonical(draft.leadTimeDays, reader.whole)),
    visibility: draft.visibility,
  };
}
