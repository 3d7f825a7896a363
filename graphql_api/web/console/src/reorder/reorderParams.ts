/** The choices of the list of what to order, in the address. Pure. */
import type { ReorderListQueryVariables } from '../../../client/generated/graphql';

export interface ReorderChoice {
  /** '': any, as in the place. */
  category: string;
  location: string;
  /** As typed: '' and what is no number of days is as usual. */
  lead: string;
  cover: string;
}

export const DAYS_MAX = 365;
const PAGE = 50;
const NAMES = ['category', 'location', 'lead', 'cover'] as const;

export function choiceOf(params: URLSearchParams): ReorderChoice {
  const [category = '', location = '', lead = '', cover = ''] = NAMES.map((name) => params.get(name) ?? '');
  return { category, location, lead, cover };
}

/** Without what is as usual. */
export function paramsOf(choice: ReorderChoice): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of NAMES) if (choice[name] !== '') params.set(name, choice[name]);
  return params;
}

export function variablesOf(choice: ReorderChoice): ReorderListQueryVariables {
  const lead = daysOf(choice.lead);
  const cover = daysOf(choice.cover);
  const category = choice.category.trim();
  const where = {
    ...(category && { categories: [category] }),
    ...(choice.location && { locationIds: [choice.location] }),
  };
  return {
    ...(Object.keys(where).length > 0 && { where }),
    ...(lead !== null && { leadTimeDays: lead }),
    ...(cover !== null && { coverDays: cover }),
    first: PAGE,
  };
}

/** Whole days from 0 to DAYS_MAX; null: it says none. */
export function daysOf(text: string): number | null {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : null;
  return days !== null && days <= DAYS_MAX ? days : null;
}
