import { ApolloProvider } from '@apollo/client/react';
import { createContext, useContext } from 'react';
import type { ReactElement, ReactNode } from 'react';

import type { InventoryClient } from '../client';

const InventoryContext = createContext<InventoryClient | null>(null);

/** Gives `client` to the hooks below it, and to Apollo's own. Who made it disposes of it. */
export function InventoryProvider({
  client,
  children,
}: {
  client: InventoryClient;
  children: ReactNode;
}): ReactElement {
  return (
    <InventoryContext value={client}>
      <ApolloProvider client={client.apollo}>{children}</ApolloProvider>
    </InventoryContext>
  );
}

/** Raises when there is no InventoryProvider above. */
export function useInventoryClient(): InventoryClient {
  const client = useContext(InventoryContext);
  if (client === null) throw new Error('useInventoryClient needs an InventoryProvider above it.');
  return client;
}
