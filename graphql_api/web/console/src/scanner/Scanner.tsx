/**
 * Takes what a scanner types, wherever a person is: no field has to have the focus. A screen that
 * collects codes gets it; elsewhere the item is opened. A field that has the focus gets the code, as
 * it gets what is typed; so does a form that is open.
 */
import { useApolloClient } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useEffect, useEffectEvent } from 'react';
import { useLocation } from 'wouter';

import { ScanDocument } from '../../../client/generated/graphql';
import { describe } from '../ui/describe';
import { useToast } from '../ui/Toasts';
import { outcomeOf } from './outcome';
import { useScanTargets } from './ScanTarget';
import { Wedge } from './wedge';

export function Scanner(): null {
  const took = useScanned();
  const taken = useEffectEvent(took);
  useEffect(() => {
    const wedge = new Wedge();
    const pressed = (event: KeyboardEvent): void => {
      if (event.isComposing || isTypedInto(event.target)) {
        wedge.forget();
        return;
      }
      const part = wedge.press(event);
      if (part === null) return;
      event.preventDefault(); // of a button that has the focus, and of the browser's own keys
      event.stopPropagation();
      if (part !== 'taken') taken(part.code);
    };
    addEventListener('keydown', pressed, { capture: true });
    return () => removeEventListener('keydown', pressed, { capture: true });
  }, []);
  return null;
}

/** What becomes of a code that was read, by a scanner or a camera. */
export function useScanned(): (code: string) => void {
  const apollo = useApolloClient();
  const [, go] = useLocation();
  const tell = useToast();
  const targets = useScanTargets();
  const open = async (code: string): Promise<void> => {
    try {
      const { data } = await apollo.query({
        query: ScanDocument,
        variables: { code },
        fetchPolicy: 'network-only', // barcodes change their items
      });
      const outcome = outcomeOf(code, data?.scan);
      if (outcome.itemId !== null) go(`/items/${outcome.itemId}`);
      if (outcome.toast !== null) tell(outcome.toast);
    } catch (error) {
      tell({ tone: 'bad', title: t`${code} could not be looked up`, text: describe(error) });
    }
  };
  return (code) => {
    const take = targets.current();
    if (take !== null) take(code);
    else void open(code);
  };
}

const TYPED_INTO = 'input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]';

function isTypedInto(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return true;
  return target instanceof Element && target.closest(TYPED_INTO) !== null;
}
