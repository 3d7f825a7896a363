/** A list without an item: what can be done next. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
      <Empty icon="search" title={t`No items here`}>
        <p><Trans>Nothing fits what you are looking for.</Trans></p>
        <button type="button" className="button" onClick={showAll}>
          <Trans>Show all items</Trans>
        </button>
      </Empty>
    );
  }
  return (
    <Empty title={t`No items yet`}>
      {create ? (
        <>
          <p><Trans>Begin with one. Whole files are taken in by the command import-items.</Trans></p>
          <button type="button" className="button button--primary" onClick={create}>
            <Icon name="plus" />
            <Trans>Create the first item</Trans>
          </button>
        </>
      ) : (
        <p><Trans>Items show here as soon as there are any.</Trans></p>
      )}
    </Empty>
  );
}
