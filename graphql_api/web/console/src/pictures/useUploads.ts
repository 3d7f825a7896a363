/**
 * Files on their way to one item: one after the other, each with how far it is or what was wrong.
 * Whoever leaves the page lets them go on.
 */
import { t } from '@lingui/core/macro';
import { useCallback, useEffect, useRef, useState } from 'react';

import { useInventoryClient } from '../../../client';
import { describe } from '../ui/describe';
import { sizeText } from './sizeText';
import { sendFile, sending } from './sendFile';
import type { Sending } from './sendFile';

export interface Upload extends Sending {
  part: number;
  /** Why it did not come; null: it is on its way. */
  problem: string | null;
}

export interface Uploads {
  list: readonly Upload[];
  add: (files: Iterable<File>) => void;
  again: (key: string) => void;
  dismiss: (key: string) => void;
}

/** bytesMax: of a file; added: called after each that came. */
export function useUploads(
  itemId: string,
  bytesMax: number,
  added: () => Promise<unknown>,
): Uploads {
  const client = useInventoryClient();
  const [list, setList] = useState<readonly Upload[]>([]);
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const giveUp = useRef(new Map<string, AbortController>());
  const latest = useRef(added);
  useEffect(() => {
    latest.current = added;
  });
  const change = useCallback((key: string, changes: Partial<Upload> | null) => {
    setList((before) =>
      before.flatMap((one) => {
        if (one.key !== key) return [one];
        return changes === null ? [] : [{ ...one, ...changes }];
      }),
    );
  }, []);
  const start = useCallback(
    (one: Sending) => {
      const control = new AbortController();
      giveUp.current.set(one.key, control);
      queue.current = queue.current.then(async () => {
        if (control.signal.aborted) return;
        try {
          await sendFile(client, one, (part) => change(one.key, { part }), control.signal);
          change(one.key, null);
          await latest.current().catch(() => undefined);
        } catch (error) {
          const problem = describe(error);
          if (!control.signal.aborted) change(one.key, { problem });
        }
      });
    },
    [client, change],
  );
  const add = useCallback(
    (files: Iterable<File>) => {
      const made = Array.from(files, (file) => ({ ...sending(itemId, file), part: 0 }));
      const judged = made.map((one) => ({ ...one, problem: tooLarge(one.file, bytesMax) }));
      setList((before) => [...before, ...judged]);
      for (const one of judged) if (one.problem === null) start(one);
    },
    [itemId, bytesMax, start],
  );
  const again = useCallback(
    (key: string) => {
      const one = list.find((other) => other.key === key);
      if (!one) return;
      const problem = tooLarge(one.file, bytesMax);
      change(key, { part: 0, problem });
      if (problem === null) start(one);
    },
    [list, bytesMax, change, start],
  );
  const dismiss = useCallback(
    (key: string) => {
      giveUp.current.get(key)?.abort();
      change(key, null);
    },
    [change],
  );
  return { list, add, again, dismiss };
}

function tooLarge(file: File, bytesMax: number): string | null {
  if (file.size <= bytesMax) return null;
  return t`It has ${sizeText(file.size)}; a file has at most ${sizeText(bytesMax)}.`;
}
