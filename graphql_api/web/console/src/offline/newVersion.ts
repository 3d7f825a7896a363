/** Whether the server has a newer console than this page is. */
import { useEffect, useSyncExternalStore } from 'react';

import { useConnectionStatus } from '../../../client';
import { WritableStore } from '../../../client/store';

const isNewer = new WritableStore(false);

/** Called once, with the page. The first worker of all brings nothing new. */
export function watchVersion(): void {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  let hadWorker = (container?.controller ?? null) !== null;
  container?.addEventListener('controllerchange', () => {
    if (hadWorker) isNewer.set(true);
    hadWorker = true;
  });
}

/** A server that was away may have come back as another version: the browser is told to look. */
export function useNewVersion(): boolean {
  const { state } = useConnectionStatus();
  useEffect(() => {
    if (state !== 'connected') return;
    const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    const looked = container?.getRegistration().then((known) => known?.update());
    looked?.catch(() => undefined); // the browser looks by itself as well
  }, [state]);
  return useSyncExternalStore(isNewer.subscribe, isNewer.get);
}
