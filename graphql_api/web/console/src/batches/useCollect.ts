/**
 * Codes and typed words become lines. Codes are looked up one after the other, in the order in which
 * they were scanned, however fast they come.
 */
import { useApolloClient } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useCallback, useRef, useState } from 'react';

import { ScanDocument } from '../../../client/generated/graphql';
import type { GoodsFragment, ScanQuery } from '../../../client/generated/graphql';
import { canBeBooked } from '../items/retired';
import { serverWords } from '../language/serverWords';
import { inUnit, unitOf } from '../stock/amounts';
import { levelAt } from '../stock/levels';
import { unitMeant } from '../stock/lastUnits';
import { describe } from '../ui/describe';
import { useToast } from '../ui/Toasts';
import { added, changed } from './draft';
import type { Goods } from './draft';
import type { Batch } from './useBatch';

export interface Collect {
  /** A code as it was scanned, or typed in full. */
  scan: (code: string) => void;
  /** An item that was chosen; its quantity is typed next. */
  choose: (item: GoodsFragment) => void;
  /** The newest line's quantity, in its unit: "*24" after a scan. */
  setNewest: (text: string) => void;
  /** What the last code became, for who looks and for who listens. '': nothing yet. */
  told: string;
}

export function useCollect({ update }: Pick<Batch, 'update'>): Collect {
  const apollo = useApolloClient();
  const tell = useToast();
  const [told, setTold] = useState('');
  const queue = useRef(Promise.resolve());
  const fail = useCallback(
    (title: string, text?: string) => {
      setTold(title);
      tell({ tone: 'bad', title, ...(text && { text }) });
    },
    [tell],
  );
  const put = (item: GoodsFragment, units: number | null): void => {
    let problem: string | null = null;
    update(({ lines, location }) => {
      const seen = location === '' ? null : levelAt(item.levels, location);
      const result = added(lines, { item: goodsOf(item), units, unit: unitMeant(item), seen });
      if (typeof result === 'string') problem = result;
      return typeof result === 'string' ? {} : { lines: newestLast(result, item.id) };
    });
    if (problem !== null) fail(problem);
    else if (units !== null) setTold(t`Added ${inUnit(units, unitOf(item, item.unit), item.unit)}: ${item.name}`);
  };
  const lookUp = async (code: string): Promise<void> => {
    try {
      const { data } = await apollo.query({
        query: ScanDocument,
        variables: { code },
        fetchPolicy: 'network-only', // barcodes change their items
      });
      const problem = problemOf(code, data?.scan);
      if (problem !== null) fail(problem, data?.scan.sentences.map(serverWords).join(' '));
      else if (data?.scan.item) put(data.scan.item, data.scan.factor);
    } catch (error) {
      fail(t`${code} could not be looked up: scan it again`, describe(error));
    }
  };
  const setNewest = (text: string): void => {
    let said = t`There is no line yet: scan something first`;
    update(({ lines }) => {
      const newest = lines.at(-1);
      if (newest === undefined) return {};
      const amount = { ...newest.amount, text };
      said = `${text} ${amount.unit}: ${newest.item.name}`;
      return { lines: changed(lines, newest.item.id, { amount, problem: null }) };
    });
    setTold(said);
  };
  return {
    told,
    scan: (code) => {
      queue.current = queue.current.then(() => lookUp(code));
    },
    choose: (item) => put(item, null),
    setNewest: (text) => {
      // After the codes before it: the line that is meant may still be looked up.
      queue.current = queue.current.then(() => setNewest(text));
    },
  };
}

/** Why a code becomes no line; null: it does. */
function problemOf(code: string, scan: ScanQuery['scan'] | undefined): string | null {
  const item = scan?.item ?? null;
  if (item === null) return t`Nothing has the code ${scan?.code ?? code}`;
  return canBeBooked(item) ? null : t`${item.name} is deleted`;
}

/** What a line keeps of an item: little, since it is stored. */
function goodsOf({ id, sku, name, unit, units, displayUnit }: GoodsFragment): Goods {
  const told = units.map((one) => ({ name: one.name, factor: one.factor }));
  return { id, sku, name, unit, units: told, displayUnit };
}

function newestLast<Line extends { item: Goods }>(lines: readonly Line[], itemId: string): Line[] {
  const isNewest = ({ item }: Line): boolean => item.id === itemId;
  return [...lines.filter((line) => !isNewest(line)), ...lines.filter(isNewest)];
}
