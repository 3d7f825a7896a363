/** The service worker, where the browser has such: it shows pushed alerts. */
import { t } from '@lingui/core/macro';

/** Registers it; from then on the browser looks for a new one by itself. */
export function registerServiceWorker(): void {
  // Typed as always there, but absent on plain HTTP from another machine.
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  container?.register('/sw.js').catch(() => undefined); // the console works without it
}

/** Whether this browser can be pushed to at all. */
export function canBePushedTo(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
}

/** This browser's subscription; null: it has none. */
export async function currentSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.ready;
  return registration.pushManager.getSubscription();
}

/**
 * Asks the person, then subscribes. publicKey: the server's, base64url. One that was made for
 * another server key is replaced. Raises an Error in words when the person says no.
 */
export async function subscribe(publicKey: string): Promise<PushSubscription> {
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') {
    throw new Error(t`The browser does not allow notifications from this page.`);
  }
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: publicKey };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    const old = await pushManager.getSubscription();
    if (old === null) throw error;
    await old.unsubscribe();
    return pushManager.subscribe(options);
  }
}

/** What the server must know of a subscription. */
export function keysOf(subscription: PushSubscription): { p256dh: string; auth: string } {
  const { keys } = subscription.toJSON();
  if (!keys?.p256dh || !keys.auth) throw new Error(t`The browser gave no keys for pushing.`);
  return { p256dh: keys.p256dh, auth: keys.auth };
}
