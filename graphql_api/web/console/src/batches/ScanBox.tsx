/**
 * Where codes are scanned, and names typed: Enter takes a code; while words are typed, items that
 * have them are proposed. "*24" sets the quantity of the line that was added last.
 */
import { useLazyQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useEffectEvent, useId, useState } from 'react';
import type { KeyboardEvent, ReactElement, RefObject } from 'react';

import { GoodsFoundDocument } from '../../../client/generated/graphql';
import type { GoodsFragment } from '../../../client/generated/graphql';
import { CameraButton } from '../scanner/CameraButton';
import { Icon } from '../ui/Icon';
import type { Collect } from './useCollect';

interface ScanBoxProps {
  collect: Collect;
  input: RefObject<HTMLInputElement | null>;
}

const TYPING_MS = 200; // a pause after which a word counts as typed
const PROPOSED_MAX = 8;
const LETTERS_MIN = 2;
const TIMES = /^[*×]\s*(\S+)$|^(\S+)\s*[*×]$/;

export function ScanBox({ collect, input }: ScanBoxProps): ReactElement {
  const listId = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(-1);
  const proposed = useProposed(text);
  const isOpen = proposed.length > 0;
  const clear = (): void => {
    setText('');
    setActive(-1);
  };
  const choose = (item: GoodsFragment): void => {
    clear();
    collect.choose(item);
  };
  const enter = (): void => {
    const typed = text.trim();
    const times = TIMES.exec(typed);
    const chosen = proposed[active];
    if (chosen !== undefined) return choose(chosen);
    clear();
    if (times !== null) collect.setNewest(times[1] ?? times[2] ?? '');
    else if (typed !== '') collect.scan(typed);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && isOpen) {
      event.preventDefault();
      setActive((active + step + proposed.length + 1) % (proposed.length + 1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      enter();
    } else if (event.key === 'Escape') clear();
  };
  return (
    <div className="scan-box">
      <div className="scan-box__line">
        <label className="scan-box__field">
          <span className="visually-hidden"><Trans>Scan a code, or type a name</Trans></span>
          <Icon name="search" />
          <input
            ref={input}
            className="input"
            role="combobox"
            aria-expanded={isOpen}
            aria-controls={listId}
            aria-autocomplete="list"
            {...(active in proposed && { 'aria-activedescendant': `${listId}-${active}` })}
            autoComplete="off"
            spellCheck={false}
            enterKeyHint="enter"
            placeholder={t`Scan, or type a name or SKU`}
            value={text}
            onChange={({ target }) => {
              setText(target.value);
              setActive(-1);
            }}
            onKeyDown={pressed}
          />
        </label>
        <CameraButton />
      </div>
      <ul className="scan-box__proposed" role="listbox" id={listId} aria-label={t`Items`} hidden={!isOpen}>
        {proposed.map((item, at) => (
          <li
            key={item.id}
            id={`${listId}-${at}`}
            role="option"
            aria-selected={at === active}
            onPointerDown={(event) => event.preventDefault()} // the focus stays in the field
            onClick={() => choose(item)}
          >
            <bdi>{item.name}</bdi> <span className="code muted">{item.sku}</span>
          </li>
        ))}
      </ul>
      <p className="scan-box__told" role="status">
        {collect.told || t`A scan adds one line; *24 then sets its quantity.`}
      </p>
    </div>
  );
}

/** Items that have the words, a moment after typing has paused: a scanner is faster than that. */
function useProposed(text: string): readonly GoodsFragment[] {
  const [find, { data }] = useLazyQuery(GoodsFoundDocument, { fetchPolicy: 'network-only' });
  const [found, setFound] = useState('');
  const words = text.trim();
  const ask = useEffectEvent(async (search: string) => {
    await find({ variables: { search, first: PROPOSED_MAX } });
    setFound(search);
  });
  useEffect(() => {
    if (words.length < LETTERS_MIN || TIMES.test(words)) return undefined;
    const timer = setTimeout(() => {
      ask(words).catch(() => undefined); // nothing is proposed; Enter tells what is wrong
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return words !== '' && found === words ? (data?.items.nodes ?? []) : [];
}
