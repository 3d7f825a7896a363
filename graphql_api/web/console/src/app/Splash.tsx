/** While a stored session is being tried. */
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { useInventoryClient } from '../../../client';
import { kitWords } from '../language/kitWords';

export function Splash({ error }: { error: string | null }): ReactElement {
  const client = useInventoryClient();
  return (
    <main className="splash">
      <img src="/icon.svg" alt="" width="48" height="48" />
      <h1><Trans>Inventory</Trans></h1>
      {error === null ? (
        <p role="status"><Trans>Opening your session…</Trans></p>
      ) : (
        <>
          <p role="alert"><Trans>{kitWords(error)} Trying again by itself.</Trans></p>
          <button type="button" className="button" onClick={() => void client.signOut()}>
            <Trans>Sign in anew</Trans>
          </button>
        </>
      )}
    </main>
  );
}
