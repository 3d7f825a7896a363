/**
 * Which addresses that come from elsewhere lead to a place in this console. Pure; used by the
 * service worker and by all links whose address is somebody's data.
 */

const ANYWHERE = 'https://console.invalid'; // stands for whatever origin the page has
const PLACE_LENGTH_MAX = 2_000;

/**
 * A path of this server. Browsers drop tabs and newlines before they read an address and take a
 * backslash for a slash, so "/<tab>/evil.example" leads away as "//evil.example" does: what they
 * would change is refused, and the address must stay at its origin when it is resolved.
 */
export function isPlace(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > PLACE_LENGTH_MAX) return false;
  if (!/^\/(?!\/)/.test(value) || /[\u0000-\u0020\u007f-\u00a0\\]/.test(value)) return false;
  // As the server judges it (notifications/links.py): nothing hidden by encoding, no dots.
  if (/%([01][0-9a-f]|7f)/i.test(value)) return false;
  if (/\/\/|%(2f|5c)|\/(\.|%2e){1,2}(\/|$)/i.test(value.split(/[?#]/)[0] ?? '')) return false;
  const url = urlOf(value);
  return url?.origin === ANYWHERE && !url.pathname.startsWith('//');
}

function urlOf(path: string): URL | null {
  try {
    return new URL(path, ANYWHERE);
  } catch {
    return null;
  }
}
