/** Where the item is, each with how much: pressed, it is the place that the form is about. */
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { number } from '../ui/format';
import { stockedLevels } from './levels';
import type { Level } from './levels';
import './places.css';

const SHOWN_MAX = 8; // the select has them all

interface PlaceChipsProps {
  /** null: not known. */
  levels: readonly Level[] | null;
  place: string;
  /** Its id is not offered. */
  except: string | undefined;
  choose: (id: string) => void;
}

/** Nothing where there is one place alone, or none. */
export function PlaceChips(props: PlaceChipsProps): ReactElement | null {
  const { levels, place, except, choose } = props;
  const stocked = stockedLevels(levels ?? []);
  if (stocked.length < 2) return null;
  const most = [...stocked].sort((a, b) => b.quantity - a.quantity);
  const offered = most.filter(({ location }) => location.id !== except).slice(0, SHOWN_MAX);
  return (
    <span className="place-chips">
      {offered.map(({ location, quantity, held }) => (
        <button
          key={location.id}
          type="button"
          className="button button--small place-chips__one"
          aria-pressed={location.id === place}
          title={location.name}
          onClick={() => choose(location.id)}
        >
          <span className="code">{location.code}</span>
          <span className="number">
            {number(quantity)}
            {held > 0 && t` (${number(held)} held)`}
          </span>
        </button>
      ))}
    </span>
  );
}
