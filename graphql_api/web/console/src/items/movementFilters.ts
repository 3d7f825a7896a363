/** Which movements a history shows, as a person chooses them. Pure. */
import type { ActionType, MovementFilter } from '../../../client/generated/graphql';

export interface MovementFilters {
  /** '': any, as in the others. */
  action: ActionType | '';
  location: string;
  user: string;
  /** Days as a date field has them, of the browser's own calendar, both included. */
  from: string;
  to: string;
  reference: string;
  reason: string;
}

export const NO_FILTERS: MovementFilters = {
  action: '',
  location: '',
  user: '',
  from: '',
  to: '',
  reference: '',
  reason: '',
};

/** What to ask the server for; null: for all. */
export function whereOf(filters: MovementFilters): MovementFilter | null {
  const { action, location, user, from, to } = filters;
  const reference = filters.reference.trim();
  const reason = filters.reason.trim();
  const first = startOfDay(from, 0);
  const end = startOfDay(to, 1);
  const where: MovementFilter = {
    ...(action && { actionTypes: [action] }),
    ...(location && { locationIds: [location] }),
    ...(user && { userIds: [user] }),
    ...(first !== null && { occurredFrom: new Date(first).toISOString() }),
    ...(end !== null && { occurredTo: new Date(end - 1).toISOString() }),
    ...(reference && { reference }),
    ...(reason && { reason }),
  };
  return Object.keys(where).length === 0 ? null : where;
}

/** The moment at which the day begins that is so many later; null: there is no such day. */
function startOfDay(date: string, later: number): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (parts === null) return null;
  return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later).getTime();
}
