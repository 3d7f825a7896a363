/** The application: one client for the page, and its screens on top. Evaluated by main.ts, when the
 * language is settled. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { createInventoryClient, InventoryProvider } from '../../client';
import { App } from './app/App';
import { followHistory } from './app/cameBack';
import { registerServiceWorker } from './notifications/serviceWorker';
import { watchVersion } from './offline/newVersion';
import { SeenContext } from './offline/SeenContext';
import { SeenKeeper } from './offline/SeenKeeper';
import { ToastProvider } from './ui/Toasts';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');

const client = createInventoryClient({ url: '/graphql' });
const seen = new SeenKeeper(client);

followHistory();
seen.start();
watchVersion();
createRoot(root).render(
  <StrictMode>
    <InventoryProvider client={client}>
      <SeenContext value={seen}>
        <ToastProvider>
          <App />
        </ToastProvider>
      </SeenContext>
    </InventoryProvider>
  </StrictMode>,
);
registerServiceWorker();
