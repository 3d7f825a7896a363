/** The company at an item: "Uli is editing", "Vera is looking". */
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
  const viewers = presence?.participants.filter(({ activity }) => activity === 'VIEWING') ?? [];
  if (editor) {
    return (
      <span className="presence presence--editing">
        <Icon name="edit" />
        {editor} is editing
      </span>
    );
  }
  if (viewers.length === 0) return null;
  const names = viewers.map(({ user }) => user.name).join(', ');
  return (
    <span className="presence" title={`Looking: ${names}`}>
      <Icon name="eye" />
      <span className="visually-hidden">Looking: </span>
      {viewers.length === 1 ? names : viewers.length}
    </span>
  );
}

/** In full, for the item's own page. */
export function PresenceList({ presence }: { presence: ItemPresence | undefined }): ReactElement {
  const editor = editorOf(presence);
  const isListed = presence?.participants.some(
    ({ user, activity }) => activity === 'EDITING' && user.name === editor,
  );
  return (
    <ul className="presence-list" aria-live="polite" aria-label="Also here">
      {editor && !isListed && (
        <li className="presence presence--editing">
          <Icon name="edit" />
          {editor} is editing
        </li>
      )}
      {presence?.participants.map(({ user, activity, typing }) => (
        <li
          key={user.id}
          className={activity === 'EDITING' ? 'presence presence--editing' : 'presence'}
        >
          <Icon name={activity === 'EDITING' ? 'edit' : 'eye'} />
          {user.name} is {activity === 'EDITING' ? 'editing' : 'looking'}
          {typing && <span className="presence__typing"> and typing…</span>}
        </li>
      ))}
    </ul>
  );
}

/** The name of who edits: who holds the lease, or else who says so. */
export function editorOf(presence: ItemPresence | undefined): string | null {
  const editing = presence?.participants.find(({ activity }) => activity === 'EDITING');
  return presence?.lease?.holder.name ?? editing?.user.name ?? null;
}
