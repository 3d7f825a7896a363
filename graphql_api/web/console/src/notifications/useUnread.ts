/** How many notifications are unread, for every screen. */
import { createContext, useContext } from 'react';

export const Unread = createContext(0);

export function useUnread(): number {
  return useContext(Unread);
}
