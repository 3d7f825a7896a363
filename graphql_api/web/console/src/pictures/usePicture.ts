/** A picture's address for an <img>, as long as a component shows it. */
import { useEffect, useState } from 'react';

import { useInventoryClient } from '../../../client';
import type { InventoryClient } from '../../../client';
import { PictureBytes } from './pictureBytes';

const OF_CLIENT = new WeakMap<InventoryClient, PictureBytes>();

function bytesFor(client: InventoryClient): PictureBytes {
  let bytes = OF_CLIENT.get(client);
  if (!bytes) OF_CLIENT.set(client, (bytes = new PictureBytes(client)));
  return bytes;
}

export interface ShownPicture {
  /** null: it is on its way, or there is none. */
  src: string | null;
  failed: boolean;
}

const NONE: ShownPicture = { src: null, failed: false };

/** url: as GraphQL tells it; null: none is wanted now. */
export function usePicture(url: string | null): ShownPicture {
  const client = useInventoryClient();
  const [shown, setShown] = useState<ShownPicture & { of: string | null }>({ ...NONE, of: null });
  useEffect(() => {
    if (url === null) return undefined;
    const bytes = bytesFor(client);
    let isWanted = true;
    bytes.acquire(url).then(
      (src) => isWanted && setShown({ src, failed: false, of: url }),
      () => isWanted && setShown({ src: null, failed: true, of: url }),
    );
    return () => {
      isWanted = false;
      bytes.release(url);
    };
  }, [client, url]);
  return shown.of === url ? shown : NONE;
}
