/**
 * The service worker: keeps the console's own files, so that it opens without the server, shows
 * pushed alerts, and opens what they speak of. What the API answers is never kept here.
 */
import { isPlace } from './src/notifications/workerPlace';
import type { PushedAlert } from './src/notifications/pushedAlert';
import { pushedAlert } from './src/notifications/pushedAlert';
import { Shell } from './src/offline/shell';
import type { ShellList } from './src/offline/shell';

// TypeScript's DOM types know no service worker's globals; these are the ones used here.
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface PushEvent extends Waiting {
  data: { text(): string } | null;
}
interface ClickEvent extends Waiting {
  notification: Notification;
}
interface FetchEvent extends Event {
  request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Page {
  url: string;
  focus(): Promise<Page>;
  navigate(url: string): Promise<Page | null>;
}
interface Worker {
  location: Location;
  registration: ServiceWorkerRegistration;
  clients: {
    claim(): Promise<void>;
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly Page[]>;
    openWindow(url: string): Promise<Page | null>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: Waiting) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'push', listener: (event: PushEvent) => void): void;
  addEventListener(type: 'notificationclick', listener: (event: ClickEvent) => void): void;
}

const worker = globalThis as unknown as Worker;

const list = JSON.parse('__SHELL__') as ShellList; // the build puts it in
const shell = new Shell(list, worker.location.origin);

worker.addEventListener('install', (event) => {
  event.waitUntil(shell.keep().then(() => worker.skipWaiting()));
});
worker.addEventListener('activate', (event) => {
  event.waitUntil(shell.tidy().then(() => worker.clients.claim()));
});
worker.addEventListener('fetch', (event) => {
  const answer = shell.answer(event.request);
  if (answer !== null) event.respondWith(answer);
});

worker.addEventListener('push', (event) => {
  const alert = pushedAlert(event.data?.text() ?? '');
  event.waitUntil(show(alert));
});

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const data = event.notification.data as { path?: unknown } | null;
  event.waitUntil(open(data?.path));
});

/** Browsers want each push to show something, so an unreadable one is shown too. */
async function show({ title, message, tag, path, language }: PushedAlert): Promise<void> {
  await worker.registration.showNotification(title, {
    body: message,
    tag,
    lang: language,
    icon: '/icon.svg',
    data: { path },
  });
}

/** In a page of the console that is open, or else in a new one. */
async function open(path: unknown): Promise<void> {
  const { origin } = worker.location;
  const url = new URL(isPlace(path) ? path : '/', origin).href; // an older worker's, perhaps
  const [page] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (page === undefined) {
    await worker.clients.openWindow(url);
    return;
  }
  await page.focus();
  if (page.url !== url) await page.navigate(url);
}
