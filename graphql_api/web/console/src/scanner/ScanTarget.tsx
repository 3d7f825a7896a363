/**
 * Where a scanned code goes: to the screen that collects codes, if one is shown; else it opens the
 * item that has it. The camera reads for whichever it is.
 */
import { createContext, useContext, useEffect, useEffectEvent, useMemo, useRef } from 'react';
import type { ReactElement, ReactNode } from 'react';

type Take = (code: string) => void;

export interface ScanTargets {
  /** null: no screen collects codes. */
  current: () => Take | null;
  /** Returns how to leave again. */
  enter: (take: Take) => () => void;
}

const NOWHERE: ScanTargets = { current: () => null, enter: () => () => undefined };
const Targets = createContext<ScanTargets>(NOWHERE);

export function ScanTargetProvider({ children }: { children: ReactNode }): ReactElement {
  const taking = useRef<readonly Take[]>([]);
  const targets = useMemo<ScanTargets>(
    () => ({
      current: () => taking.current.at(-1) ?? null,
      enter: (take) => {
        taking.current = [...taking.current, take];
        return () => {
          taking.current = taking.current.filter((other) => other !== take);
        };
      },
    }),
    [],
  );
  return <Targets value={targets}>{children}</Targets>;
}

export function useScanTargets(): ScanTargets {
  return useContext(Targets);
}

/** While this is shown, codes come here. */
export function useScanTarget(take: Take): void {
  const { enter } = useScanTargets();
  const taken = useEffectEvent(take);
  useEffect(() => enter((code) => taken(code)), [enter]);
}
