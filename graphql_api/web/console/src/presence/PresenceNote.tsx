/** The company at an item: "Uli is editing", "Vera is looking". */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { Icon } from '../ui/Icon';
import './presence.css';
import type { ItemPresence } from './usePresence';

/** Short, for a table's row. Nothing when nobody else is there. */
export function PresenceBadge({
  presence,
}: {
  presence: ItemPresence | undefined;
}): ReactElement | null {
  const editor = editorOf(presence);
  const viewers = presence?.participants ?? [];
  if (editor) {
    return (
      <span className="presence presence--editing">
        <Icon name="edit" />
        <Trans>{editor} is editing</Trans>
      </span>
    );
  }
  if (viewers.length === 0) return null;
  const names = viewers.map(({ user }) => user.name).join(', ');
  return (
    <span className="presence" title={t`Looking: ${names}`}>
      <Icon name="eye" />
      <span className="visually-hidden">
        <Trans>Looking:</Trans>{' '}
      </span>
      {viewers.length === 1 ? names : viewers.length}
    </span>
  );
}

/** In full, for the item's own page. */
export function PresenceList({ presence }: { presence: ItemPresence | undefined }): ReactElement {
  const editor = editorOf(presence);
  const holderId = presence?.lease?.holder.id;
  const isListed = presence?.participants.some(({ user }) => user.id === holderId);
  return (
    <ul className="presence-list" aria-live="polite" aria-label={t`Also here`}>
      {editor && !isListed && (
        <li className="presence presence--editing">
          <Icon name="edit" />
          <Trans>{editor} is editing</Trans>
        </li>
      )}
      {presence?.participants.map(({ user, typing }) => (
        <li
          key={user.id}
          className={user.id === holderId ? 'presence presence--editing' : 'presence'}
        >
          <Icon name={user.id === holderId ? 'edit' : 'eye'} />
          {user.id === holderId ? t`${user.name} is editing` : t`${user.name} is looking`}
          {typing && (
            <span className="presence__typing">
              {' '}
              <Trans>and typing…</Trans>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The name of who edits: who holds the lease. Whoever only says so may have been refused it. */
export function editorOf(presence: ItemPresence | undefined): string | null {
  return presence?.lease?.holder.name ?? null;
}
