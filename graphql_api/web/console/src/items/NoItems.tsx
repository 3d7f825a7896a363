/** A list without an item: what can be done next. */
import type { ReactElement } from 'react';

import { Icon } from '../ui/Icon';
import { Empty } from '../ui/states';

interface NoItemsProps {
  isFiltered: boolean;
  showAll: () => void;
  /** null: this person may not. */
  create: (() => void) | null;
}

export function NoItems({ isFiltered, showAll, create }: NoItemsProps): ReactElement {
  if (isFiltered) {
    return (
      <Empty icon="search" title="No items here">
        <p>Nothing fits what you are looking for.</p>
        <button type="button" className="button" onClick={showAll}>
          Show all items
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="No items yet">
      {create ? (
        <>
          <p>Begin with one. Whole files are taken in by the command import-items.</p>
          <button type="button" className="button button--primary" onClick={create}>
            <Icon name="plus" />
            Create the first item
          </button>
        </>
      ) : (
        <p>Items show here as soon as there are any.</p>
      )}
    </Empty>
  );
}
