/** Many items at once: the changes of a bulk edit, and what the server refused of them. Pure. */
import { refusedBy } from '../../../client';
import type { Item } from '../../../client';
import type {
  RefusalFragment,
  UpdateItemInput,
  Visibility,
} from '../../../client/generated/graphql';
import { isEmpty, reader } from '../ui/typedNumber';
import { serverWords } from '../language/serverWords';
import type { Sentence } from '../language/serverWords';

export const AT_ONCE_MAX = 100; // of one mutation

export interface Refused {
  item: Item;
  why: string;
}

/** As a person types it: what is '' stays as it is. */
export interface ManyDraft {
  category: string;
  /** Instead of another category: none. */
  noCategory: boolean;
  minStock: string;
  leadTimeDays: string;
  price: string;
  visibility: Visibility | '';
}

export const NO_CHANGES: ManyDraft = {
  category: '',
  noCategory: false,
  minStock: '',
  leadTimeDays: '',
  price: '',
  visibility: '',
};

export type Changes = Omit<UpdateItemInput, 'id'>;

/** null: nothing shall become anything else, or something cannot be read. */
export function changesOf(draft: ManyDraft): Changes | null {
  const { visibility, noCategory } = draft;
  const category = draft.category.trim();
  const price = isEmpty(draft.price) ? null : reader.decimal(draft.price);
  const [minStock, leadTime] = [draft.minStock, draft.leadTimeDays].map((text) =>
    isEmpty(text) ? null : reader.whole(text),
  );
  if (price && 'problem' in price) return null;
  if ((minStock && 'problem' in minStock) || (leadTime && 'problem' in leadTime)) return null;
  const changes: Changes = {
    ...(noCategory ? { category: null } : category !== '' && { category }),
    ...(minStock && { minStock: Number(minStock.value) }),
    ...(leadTime && { leadTimeDays: Number(leadTime.value) }),
    ...(price && { price: price.value }),
    ...(visibility !== '' && { visibility }),
  };
  return Object.keys(changes).length === 0 ? null : changes;
}

export function inParts(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += AT_ONCE_MAX) {
    parts.push(items.slice(at, at + AT_ONCE_MAX));
  }
  return parts;
}

type Refusal = Sentence & Pick<RefusalFragment, 'code' | 'field'>;

/** Which of `asked` were refused, by the index that stands second in a field's path. Throws
 * RefusedError for one that is about all of them. */
export function refusalsOf(asked: readonly Item[], errors: readonly Refusal[]): Refused[] {
  return errors.map((error) => {
    const item = asked[Number(error.field?.[1] ?? NaN)];
    if (item === undefined || error.code === 'FORBIDDEN') throw refusedBy(error);
    return { item, why: serverWords(error) };
  });
}
