/** While a stored session is being tried. */
import type { ReactElement } from 'react';

import { useInventoryClient } from '../../../client';

export function Splash({ error }: { error: string | null }): ReactElement {
  const client = useInventoryClient();
  return (
    <main className="splash">
      <img src="/icon.svg" alt="" width="48" height="48" />
      <h1>Inventory</h1>
      {error === null ? (
        <p role="status">Opening your session…</p>
      ) : (
        <>
          <p role="alert">{error} Trying again by itself.</p>
          <button type="button" className="button" onClick={() => void client.signOut()}>
            Sign in anew
          </button>
        </>
      )}
    </main>
  );
}
