/** The console's beginning: one client for the page, and the application on top of it. */
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/components.css';
import './styles/shell.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { createInventoryClient, InventoryProvider } from '../../client';
import { App } from './app/App';
import { followHistory } from './app/cameBack';
import { registerServiceWorker } from './notifications/serviceWorker';
import { ToastProvider } from './ui/Toasts';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');

const client = createInventoryClient({ url: '/graphql' });

followHistory();
createRoot(root).render(
  <StrictMode>
    <InventoryProvider client={client}>
      <ToastProvider>
        <App />
      </ToastProvider>
    </InventoryProvider>
  </StrictMode>,
);
registerServiceWorker();
