/** The class that makes a row flash once, when its item has changed while it was on the screen. */
import { useEffect, useRef, useState } from 'react';

import type { Item } from '../../../client';

type State = Pick<Item, 'version' | 'stock'>;

/** Two classes take turns: the same one again would not begin its animation anew. */
export function useFlash({ version, stock }: State): string {
  const before = useRef<State>({ version, stock });
  const turn = useRef(0);
  const [flash, setFlash] = useState('');
  useEffect(() => {
    const last = before.current;
    if (last.version === version) return;
    before.current = { version, stock };
    turn.current = 1 - turn.current;
    setFlash(`flash-${turn.current} flash--${direction(stock - last.stock)}`);
  }, [version, stock]);
  return flash;
}

function direction(difference: number): 'up' | 'down' | 'other' {
  if (difference === 0) return 'other';
  return difference > 0 ? 'up' : 'down';
}
