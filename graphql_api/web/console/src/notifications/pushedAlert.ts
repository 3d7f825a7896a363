/** What the server pushes, read with care: whatever comes, something can be shown. Pure. */

export interface PushedAlert {
  title: string;
  message: string;
  /** A notification replaces the one that shows the same tag. */
  tag: string;
  /** The place in the console to open. */
  path: string;
}

const UNREADABLE: PushedAlert = {
  title: 'Inventory',
  message: 'There is a new alert.',
  tag: 'alerts',
  path: '/alerts',
};

export function pushedAlert(text: string): PushedAlert {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return UNREADABLE;
  const { title, message, tag, path } = value as Record<string, unknown>;
  return {
    title: textOr(title, UNREADABLE.title),
    message: textOr(message, UNREADABLE.message),
    tag: textOr(tag, UNREADABLE.tag),
    path: isPlace(path) ? path : UNREADABLE.path,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textOr(value: unknown, instead: string): string {
  return typeof value === 'string' && value !== '' ? value : instead;
}

/**
 * Of this server, as the server judges it too (notifications/links.py): one leading slash. Browsers
 * drop tabs and line breaks, take backslashes for slashes and resolve dots, which can lead away.
 */
export function isPlace(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    /^\/(?!\/)[^\u0000-\u0020\u007f-\u00a0\\\u2028\u2029]*$/.test(value) &&
    !/%([01][0-9a-f]|7f)/i.test(value) &&
    !/\/\/|%(2f|5c)|\/(\.|%2e){1,2}(\/|$)/i.test(value.split(/[?#]/)[0] ?? '')
  );
}
