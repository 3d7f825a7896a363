/**
 * The account's language on this device: taken over once, when somebody has signed in or the page has
 * opened. Later changes wait for the next page, since a new page would drop what is being typed.
 */
import { useMutation, useQuery } from '@apollo/client/react';
import { useEffect, useRef } from 'react';

import { AccountLanguageDocument, SetLanguageDocument } from '../../../client/generated/graphql';
import { comparedWith, forAccount, ofAccount } from './account';
import { chosenLanguage, keepLanguage, languageOwner } from './active';

export function useAccountLanguage(user: string): void {
  const { data } = useQuery(AccountLanguageDocument, { fetchPolicy: 'network-only' });
  const [tell] = useMutation(SetLanguageDocument);
  const isDone = useRef(false);
  const viewer = data?.viewer;
  useEffect(() => {
    if (viewer?.id !== user || isDone.current) return;
    isDone.current = true;
    const chosen = chosenLanguage();
    const account = ofAccount(viewer.language);
    const outcome = comparedWith({ chosen, owner: languageOwner() }, user, account);
    if (outcome === 'take') keepLanguage(account, user);
    if (outcome !== 'tell' || chosen === null) return;
    tell({ variables: { language: forAccount(chosen) } }).then(
      () => keepLanguage(chosen, user),
      () => undefined, // the next page tells it
    );
  }, [viewer, user, tell]);
}
