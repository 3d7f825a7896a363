/**
 * Listens to single keys while nobody types and no dialog is open. They can be switched off: who
 * speaks to a computer, or has a shaking hand, presses them unasked (WCAG 2.1.4).
 */
import { useEffect, useEffectEvent, useState } from 'react';
import type { ReactElement } from 'react';
import { useLocation } from 'wouter';

import { KeySequence, SETTLE_MS } from './keys';
import { areOn, SHORTCUTS, turn } from './shortcuts';
import { ShortcutSheet } from './ShortcutSheet';

export function Shortcuts(): ReactElement | null {
  const [, go] = useLocation();
  const [isShown, setShown] = useState(false);
  const [isOn, setOn] = useState(areOn);
  const act = useEffectEvent((keys: string): void => {
    if (keys === '?') setShown(true);
    if (!isOn) return; // but the sheet, where they are switched on again
    if (keys === '/') focusOn('.main input[type=search], .main search :is(input, select)');
    if (keys === 'n') document.querySelector<HTMLElement>('[data-shortcut=n]')?.click();
    const path = SHORTCUTS.find((shortcut) => shortcut.keys === keys)?.path;
    if (path !== undefined) go(path);
  });
  useEffect(() => {
    const sequence = new KeySequence();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pressed = (event: KeyboardEvent): void => {
      clearTimeout(timer); // what follows at once makes it a scanner's
      if (isTyped(event)) {
        sequence.forget();
        return;
      }
      const keys = sequence.press(event);
      if (keys === null || !SHORTCUTS.some((shortcut) => shortcut.keys === keys)) return;
      timer = setTimeout(() => act(keys), SETTLE_MS);
    };
    // Before the scanner, which keeps what it takes to itself.
    addEventListener('keydown', pressed, { capture: true });
    return () => {
      removeEventListener('keydown', pressed, { capture: true });
      clearTimeout(timer);
    };
  }, []);
  if (!isShown) return null;
  return (
    <ShortcutSheet
      isOn={isOn}
      turn={(on) => {
        turn(on);
        setOn(on);
      }}
      onClose={() => setShown(false)}
    />
  );
}

const TYPED_INTO = 'input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]';

function isTyped(event: KeyboardEvent): boolean {
  const { target, isComposing, repeat, ctrlKey, altKey, metaKey } = event;
  if (isComposing || repeat || ctrlKey || altKey || metaKey) return true;
  if (document.querySelector('dialog[open]') !== null) return true;
  return target instanceof Element && target.closest(TYPED_INTO) !== null;
}

function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}
