/** Tells that the server has forbidden something that was offered: the role has changed. */
import { createContext, useContext } from 'react';

export const Refused = createContext<() => void>(() => undefined);

/** To be called when an action was refused for want of a role. */
export function useRefused(): () => void {
  return useContext(Refused);
}
