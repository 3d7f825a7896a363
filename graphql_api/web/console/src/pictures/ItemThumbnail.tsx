/** The main picture of an item in a list: its name stands beside it. */
import { useFragment } from '@apollo/client/react';
import type { ReactElement } from 'react';

import { ItemPictureFragmentDoc } from '../../../client/generated/graphql';
import { Thumbnail } from './Thumbnail';

export function ItemThumbnail({ id }: { id: string }): ReactElement {
  const { data, complete } = useFragment({
    fragment: ItemPictureFragmentDoc,
    from: { __typename: 'InventoryItem', id },
  });
  const url = complete ? (data.mainPicture?.small ?? null) : null;
  return <Thumbnail url={url} alt="" className="thumbnail--row" />;
}
