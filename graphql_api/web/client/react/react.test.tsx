import { useQuery } from '@apollo/client/react';
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { gql } from '@apollo/client';
import { FakeSocket } from '../testing/FakeSocket';
import { Harness, VIEWER, alertRaised, item, notification, update } from '../testing/harness';
import type { Item } from '../types';
import { InventoryProvider } from './InventoryProvider';
import { RealTimeStatus } from './RealTimeStatus';
import { useInventoryNotifications } from './useInventoryNotifications';
import type { InventoryNotifications } from './useInventoryNotifications';
import { useRealTimeUpdates } from './useRealTimeUpdates';
import type { RealTimeState, RealTimeUpdates } from './useRealTimeUpdates';
import { useSession } from './useSession';

const MINUTE_MS = 60_000;
const PAGE_INFO = {
  __typename: 'PageInfo',
  hasNextPage: false,
  hasPreviousPage: false,
  startCursor: null,
  endCursor: null,
};

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
  harness.answers.set('Notifications', () => ({
    data: {
      notifications: {
        __typename: 'NotificationConnection',
        nodes: [notification(1)],
        pageInfo: PAGE_INFO,
      },
    },
  }));
  harness.answers.set('UnreadNotifications', () => ({ data: { unreadNotificationCount: 1 } }));
});
afterEach(() => {
  cleanup();
  harness.dispose();
});

function show(children: ReactNode): ReturnType<typeof render> {
  return render(
    <StrictMode>
      <InventoryProvider client={harness.client}>{children}</InventoryProvider>
    </StrictMode>,
  );
}

const settle = (ms = 0): Promise<void> => act(() => harness.settle(ms));
const connect = (): Promise<FakeSocket> => act(() => harness.connect());

/** The server's heartbeats, so that nothing else ends the socket while time passes. */
async function passMinutes(minutes: number): Promise<void> {
  for (let second = 0; second < minutes * 60; second += 20) {
    if (FakeSocket.last.readyState === FakeSocket.OPEN) FakeSocket.last.ping('p');
    await settle(20_000);
  }
}

function Live(options: RealTimeUpdates): null {
  useRealTimeUpdates(options);
  return null;
}

describe('useRealTimeUpdates', () => {
  test('tells of items and alerts, and shows them in queries', async () => {
    const ITEMS = gql('query Items { items(first: 5) { nodes { id version stock } } }');
    harness.answers.set('Items', () => ({
      data: { items: { __typename: 'InventoryItemConnection', nodes: [item(1)] } },
    }));
    function Stock(): ReactElement {
      const { data } = useQuery<{ items: { nodes: Item[] } }>(ITEMS);
      return <p>{data?.items.nodes.map(({ stock }) => stock).join()}</p>;
    }
    const onInventoryUpdate = vi.fn();
    const onAlert = vi.fn();
    show(
      <>
        <Live onInventoryUpdate={onInventoryUpdate} onAlert={onAlert} />
        <Stock />
      </>,
    );
    const socket = await connect();
    expect(screen.getByText('10')).toBeTruthy();
    socket.event('inventoryUpdated', update('c1', item(1, 2), 'STOCK_UPDATED'));
    socket.event('alertRaised', alertRaised('c2', 5));
    await settle(20);
    expect(screen.getByText('20')).toBeTruthy();
    expect(onInventoryUpdate).toHaveBeenCalledTimes(1);
    expect(onAlert).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ kind: 'RAISED' }));
  });

  test('is one subscription each for any number of components, and none when they are gone', async () => {
    const { unmount } = show(
      <>
        <Live />
        <Live />
        <Live />
      </>,
    );
    const socket = await connect();
    expect(socket.subscriptions).toHaveLength(3); // items, alerts raised, alerts changed
    unmount();
    await settle();
    expect(socket.subscriptions).toHaveLength(0);
  });

  test('asks only for what is enabled, and follows when that changes', async () => {
    const tree = (enableAlerts: boolean): ReactElement => (
      <InventoryProvider client={harness.client}>
        <Live enableInventoryUpdates={false} enableAlerts={enableAlerts} />
      </InventoryProvider>
    );
    const { rerender } = render(tree(false));
    const socket = await connect();
    expect(socket.subscriptions).toHaveLength(0);
    rerender(tree(true));
    await settle();
    expect(socket.subscriptions).toHaveLength(2);
    rerender(tree(false));
    await settle();
    expect(socket.subscriptions).toHaveLength(0);
  });

  test('a new callback does not begin the subscription again', async () => {
    const tree = (onInventoryUpdate: () => void): ReactElement => (
      <InventoryProvider client={harness.client}>
        <Live onInventoryUpdate={onInventoryUpdate} enableAlerts={false} />
      </InventoryProvider>
    );
    const [first, second] = [vi.fn(), vi.fn()];
    const { rerender } = render(tree(first));
    const socket = await connect();
    rerender(tree(second));
    await settle();
    expect(socket.ids('subscribe')).toHaveLength(1);
    socket.event('inventoryUpdated', update('c1', item(1)));
    await settle(20);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });
});

describe('what useRealTimeUpdates returns', () => {
  test('says whether it is connected, and how many attempts failed', async () => {
    let ask: RealTimeState['getConnectionStatus'] | undefined;
    function Status(): ReactElement {
      const { isConnected, getConnectionStatus } = useRealTimeUpdates({ enableAlerts: false });
      ask = getConnectionStatus;
      return <p>{isConnected ? 'live' : 'away'}</p>;
    }
    show(<Status />);
    expect(screen.getByText('away')).toBeTruthy();
    const socket = await connect();
    expect(screen.getByText('live')).toBeTruthy();
    expect(ask!()).toMatchObject({ connected: true, reconnectAttempts: 0, state: 'connected' });
    const first = ask;
    act(() => socket.drop());
    expect(screen.getByText('away')).toBeTruthy();
    expect(ask).toBe(first); // it may be a dependency of an effect
    expect(first!()).toMatchObject({ connected: false, reconnectAttempts: 0 });
    for (const failed of [1, 2]) {
      await settle(2_000);
      act(() => FakeSocket.last.drop());
      expect(first!().reconnectAttempts).toBe(failed);
    }
    await settle(4_000);
    await connect();
    expect(first!()).toMatchObject({ connected: true, reconnectAttempts: 0, lastError: null });
  });
});

describe('useInventoryNotifications', () => {
  let shown: InventoryNotifications;
  const onNotification = vi.fn();

  function Notices(): ReactElement {
    shown = useInventoryNotifications({ onNotification });
    return <p>{shown.unread} unread</p>;
  }

  beforeEach(() => onNotification.mockReset());

  test('lists, counts, and hears of new ones', async () => {
    show(<Notices />);
    const socket = await connect();
    expect(screen.getByText('1 unread')).toBeTruthy();
    socket.event('notificationReceived', {
      __typename: 'NotificationReceived',
      cursor: 'c1',
      timestamp: 't',
      notification: notification(2),
    });
    await settle(20);
    expect(screen.getByText('2 unread')).toBeTruthy();
    expect(shown.unreadCount).toBe(2);
    expect(shown.notifications.map(({ id }) => id)).toEqual(['2', '1']);
    expect(onNotification).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: '2' }));
  });

  test('marks one as read, and asks how many are left', async () => {
    show(<Notices />);
    await connect();
    harness.answers.set('UnreadNotifications', () => ({ data: { unreadNotificationCount: 0 } }));
    harness.answers.set('MarkNotificationRead', () => ({
      data: {
        markNotificationRead: {
          __typename: 'NotificationPayload',
          notification: { ...notification(1), readAt: '2026-01-01T00:00:00Z' },
          userErrors: [],
        },
      },
    }));
    await act(() => shown.markRead('1'));
    await settle();
    expect(screen.getByText('0 unread')).toBeTruthy();
    expect(shown.notifications[0]?.readAt).not.toBeNull();
  });

  test('what was read in another tab is read here', async () => {
    show(<Notices />);
    const socket = await connect();
    harness.answers.set('UnreadNotifications', () => ({ data: { unreadNotificationCount: 0 } }));
    const read = { cursor: 'c1', timestamp: '2026-01-01T00:00:00Z', notificationId: '1' };
    act(() =>
      socket.event('notificationRead', {
        __typename: 'NotificationRead',
        ...read,
        readAt: '2026-01-02T00:00:00Z',
      }),
    );
    await settle(100);
    expect(screen.getByText('0 unread')).toBeTruthy();
    expect(shown.notifications[0]?.readAt).toBe('2026-01-02T00:00:00Z');
  });

  test('a refused check raises the server’s reason', async () => {
    show(<Notices />);
    await connect();
    const userErrors = [
      { __typename: 'UserError', code: 'FORBIDDEN', message: 'Your role may not.', field: null },
    ];
    harness.answers.set('CheckAlerts', () => ({
      data: {
        checkAlerts: {
          __typename: 'CheckAlertsPayload',
          checked: 0,
          raised: 0,
          resolved: 0,
          userErrors,
        },
      },
    }));
    await act(() => expect(shown.checkAlerts()).rejects.toThrow('Your role may not.'));
  });

  test('asks again every 10 minutes while live, every 5 while not', async () => {
    show(<Notices />);
    await connect();
    const asked = (): number => harness.asked('UnreadNotifications').length;
    const before = asked();
    await passMinutes(9);
    expect(asked()).toBe(before);
    await passMinutes(1.5);
    expect(asked()).toBe(before + 1);
    act(() => harness.client.realtime.disconnect());
    await settle(5 * MINUTE_MS + 1_000);
    expect(asked()).toBe(before + 2);
  });

  test('asks no more when nobody shows them', async () => {
    const { unmount } = show(<Notices />);
    await connect();
    unmount();
    const asked = harness.requests.length;
    await passMinutes(8);
    expect(harness.requests.length).toBe(asked);
  });
});

describe('RealTimeStatus', () => {
  test('says in words how it is, to screen readers too', async () => {
    const { container } = show(<RealTimeStatus />);
    expect(screen.getByRole('status').textContent).toBe('Connecting…');
    const socket = await connect();
    expect(screen.getByRole('status').textContent).toBe('Live');
    expect(container.querySelector('.real-time-status--connected')).not.toBeNull();
    act(() => socket.drop());
    expect(screen.getByRole('status').textContent).toBe('Connecting…');
  });

  test('offline offers to try at once', async () => {
    show(<RealTimeStatus />);
    await connect();
    act(() => harness.client.realtime.disconnect());
    expect(screen.getByRole('status').textContent).toBe('Offline');
    act(() => screen.getByRole('button', { name: 'Reconnect' }).click());
    await connect();
    expect(screen.getByRole('status').textContent).toBe('Live');
  });
});

test('useSession follows sign-out', async () => {
  function Who(): ReactElement {
    const session = useSession();
    return <p>{session.state === 'signedIn' ? session.viewer.name : session.state}</p>;
  }
  show(<Who />);
  await connect();
  expect(screen.getByText(VIEWER.name)).toBeTruthy();
  await act(() => harness.client.signOut());
  expect(screen.getByText('signedOut')).toBeTruthy();
});

test('hooks without a provider say what is missing', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => render(<RealTimeStatus />)).toThrow('InventoryProvider');
});
