/** Many items at once: the changes of a bulk edit, and what the server refused of them. Pure. */
import { RefusedError } from '../../../client';
import type { Item } from '../../../client';
import type {
  RefusalFragment,
  UpdateItemInput,
  Visibility,
} from '../../../client/generated/graphql';
import { isEmpty, reader } from '../ui/typedNumber';

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
  price: string;
  visibility: Visibility | '';
}

export const NO_CHANGES: ManyDraft = {
  category: '',
  noCategory: false,
  minStock: '',
  price: '',
  visibility: '',
};

export type Changes = Omit<UpdateItemInput, 'id'>;

/** null: nothing shall become anything else, or something cannot be read. */
export function changesOf(draft: ManyDraft): Changes | null {
  const { visibility, noCategory } = draft;
  const category = draft.category.trim();
  const price = isEmpty(draft.price) ? null : reader.decimal(draft.price);
  const minStock = isEmpty(draft.minStock) ? null : reader.whole(draft.minStock);
  if ((price && 'problem' in price) || (minStock && 'problem' in minStock)) return null;
  const changes: Changes = {
    ...(noCategory ? { category: null } : category !== '' && { category }),
    ...(minStock && { minStock: Number(minStock.value) }),
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

/** Which of `asked` were refused, by the index that stands second in a field's path. Throws
 * RefusedError for one that is about all of them. */
export function refusalsOf(asked: readonly Item[], errors: readonly RefusalFragment[]): Refused[] {
  return errors.map(({ code, message, field }) => {
    const item = asked[Number(field?.[1] ?? NaN)];
    if (item === undefined || code === 'FORBIDDEN') throw new RefusedError(code, message);
    return { item, why: message };
  });
}
