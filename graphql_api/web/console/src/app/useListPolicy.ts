/**
 * How a list is asked for: one that was come back to stands in the cache, with all that was loaded of
 * it, and events keep it as it is now; any other one is asked for.
 */
import { useMemo } from 'react';

import { hasComeBack } from './cameBack';

/** list: which one, as text. It stays as it began for as long as that is the same. */
export function useListPolicy(list: string): 'cache-first' | 'cache-and-network' {
  return useMemo(() => (hasComeBack() ? 'cache-first' : 'cache-and-network'), [list]);
}
