/**
 * Asks before a screen is left on which lines are not booked: by a link, by the browser's back
 * button, or by closing the tab.
 */
import { useEffect, useEffectEvent, useState } from 'react';
import { useLocation } from 'wouter';

import { useUnsavedGuard } from '../ui/useUnsavedGuard';

export interface LeaveQuestion {
  isAsked: boolean;
  stay: () => void;
  leave: () => void;
}

/** Where to; null: back to where the person came from. */
type Goal = { path: string | null };

export function useLeaveQuestion(hasLines: boolean): LeaveQuestion {
  const [goal, setGoal] = useState<Goal | null>(null);
  const [isLeaving, setLeaving] = useState(false);
  const [, go] = useLocation();
  useUnsavedGuard(hasLines && !isLeaving, () => setGoal({ path: null }));
  const followed = useEffectEvent((event: MouseEvent) => {
    const path = hasLines ? placeOf(event) : null;
    if (path === null) return;
    event.preventDefault();
    event.stopPropagation();
    setGoal({ path });
  });
  useEffect(() => {
    const clicked = (event: MouseEvent): void => followed(event);
    document.addEventListener('click', clicked, { capture: true });
    return () => document.removeEventListener('click', clicked, { capture: true });
  }, []);
  useEffect(() => {
    if (isLeaving) history.back(); // after the guard has taken its own entry out
  }, [isLeaving]);
  return {
    isAsked: goal !== null,
    stay: () => setGoal(null),
    leave: () => {
      setGoal(null);
      // In the place of the guard's entry: then nothing is left to be taken out.
      if (goal?.path) go(goal.path, { replace: true });
      else setLeaving(true);
    },
  };
}

/** Where a click leads within the console; null: nowhere else. */
function placeOf(event: MouseEvent): string | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.origin !== location.origin) return null;
  return link.pathname === location.pathname ? null : link.pathname + link.search;
}
