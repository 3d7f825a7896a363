/** A large figure that is never cut: it shrinks to its place, and the longest are told in short. */
import type { CSSProperties, ReactElement } from 'react';

import { isLong, short } from './figures';

interface LargeFigureProps {
  /** Exact: a number, or a decimal string of any length. */
  value: number | string;
  /** All its digits, as people read them; of a sum of money those before the decimals. */
  whole: string;
  /** With the decimals that `whole` leaves out. */
  exact?: string;
  className?: string;
}

/** Its place has the class `fitted__place`. What is shown in short is whole in its title, and for
 * screen readers. */
export function LargeFigure(props: LargeFigureProps): ReactElement {
  const { value, whole, exact = whole, className = '' } = props;
  const shown = isLong(whole) ? short(value) : whole;
  const style = { '--characters': shown.length } as CSSProperties;
  return (
    <span className={`fitted number ${className}`} style={style} title={exact}>
      {shown === exact ? (
        exact
      ) : (
        <>
          <span aria-hidden="true">{shown}</span>
          <span className="visually-hidden">{exact}</span>
        </>
      )}
    </span>
  );
}
