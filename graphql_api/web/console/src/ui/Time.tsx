/** A moment, told as how long ago; the whole date on hover. */
import type { ReactElement } from 'react';

import { ago, whole } from './format';
import { useNow } from './useNow';

export function Time({ at }: { at: string }): ReactElement {
  const now = useNow();
  return (
    <time dateTime={at} title={whole(at)}>
      {ago(at, now)}
    </time>
  );
}
