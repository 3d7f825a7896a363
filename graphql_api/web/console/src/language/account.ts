/** What an account's language means for this device. Pure. */
import type { Language as AccountLanguage } from '../../../client/generated/graphql';
import { isLanguage } from './choice';
import type { Language } from './choice';

export function ofAccount(language: AccountLanguage | null): Language | null {
  const known = language?.toLowerCase();
  return isLanguage(known) ? known : null;
}

export function forAccount(language: Language): AccountLanguage {
  return language.toUpperCase() as AccountLanguage;
}

export interface DeviceLanguage {
  chosen: Language | null;
  /** The id of the user whose choice it is; null: it was made before accounts kept it. */
  owner: string | null;
}

/**
 * take: the account's counts here, and null as well. tell: the account has none, and the device has
 * one from before accounts kept it. keep: they agree.
 */
export function comparedWith(
  device: DeviceLanguage,
  user: string,
  account: Language | null,
): 'keep' | 'take' | 'tell' {
  if (account === null && device.owner === null && device.chosen !== null) return 'tell';
  return device.chosen === account && device.owner === user ? 'keep' : 'take';
}
