import { useSyncExternalStore } from 'react';

import type { SessionState } from '../types';
import { useInventoryClient } from './InventoryProvider';

/** Who is signed in now. */
export function useSession(): SessionState {
  const { session } = useInventoryClient();
  return useSyncExternalStore(session.subscribe, session.get);
}
