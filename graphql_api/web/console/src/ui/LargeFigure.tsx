/** A large figure that is never cut: it shrinks to its place, and the longest are told in short. */
import type { CSSProperties, ReactElement } from 'react';

import { isLong, short } from './figures';

interface LargeFigureProps {
  /** Exact: a number, or a decimal string of any length. */
  value: number | string;
  /** All its digits, as people read them. */
  whole: string;
  className?: string;
}

/** Its place has the class `fitted__place`. A long one keeps all its digits in its title, and for
 * screen readers. */
export function LargeFigure({ value, whole, className = '' }: LargeFigureProps): ReactElement {
  const shown = isLong(whole) ? short(value) : whole;
  const style = { '--characters': shown.length } as CSSProperties;
  return (
    <span className={`fitted number ${className}`} style={style} title={whole}>
      {shown === whole ? (
        whole
      ) : (
        <>
          <span aria-hidden="true">{shown}</span>
          <span className="visually-hidden">{whole}</span>
        </>
      )}
    </span>
  );
}
