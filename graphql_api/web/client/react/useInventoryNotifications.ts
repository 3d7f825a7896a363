import { useMutation, useQuery } from '@apollo/client/react';
import { useEffect, useEffectEvent } from 'react';

import { throwIfRefused } from '../errors';
import {
  CheckAlertsDocument,
  MarkAllNotificationsReadDocument,
  MarkNotificationReadDocument,
  NotificationsDocument,
  UnreadNotificationsDocument,
} from '../generated/graphql';
import type { CheckAlertsMutation } from '../generated/graphql';
import type { Notification, NotificationReadEvent } from '../types';
import { useInventoryClient } from './InventoryProvider';

export interface InventoryNotifications {
  /** Newest first, as far as loaded. */
  notifications: readonly Notification[];
  /** How many are unread, of all. */
  unread: number;
  /** The same. */
  unreadCount: number;
  loading: boolean;
  error: Error | undefined;
  hasMore: boolean;
  loadMore: () => Promise<void>;
  /** Ask again, after an error. */
  refetch: () => Promise<void>;
  /** Compare all items with their alerts now (USER, ADMIN), and ask for alerts again.
   * Raises RefusedError. */
  checkAlerts: () => Promise<
    Pick<CheckAlertsMutation['checkAlerts'], 'checked' | 'raised' | 'resolved'>
  >;
  /** Raises RefusedError. */
  markRead: (id: string) => Promise<void>;
  markAllRead: () => Promise<void>;
}

const PAGE = 25;

/** The viewer's notifications, live. onNotification: for each that comes, e.g. to show a toast. */
export function useInventoryNotifications({
  first = PAGE,
  onNotification,
}: {
  first?: number;
  onNotification?: (notification: Notification) => void;
} = {}): InventoryNotifications {
  const { realtime } = useInventoryClient();
  const list = useQuery(NotificationsDocument, { variables: { first } });
  const count = useQuery(UnreadNotificationsDocument);
  const [check] = useMutation(CheckAlertsDocument);
  const [markOne] = useMutation(MarkNotificationReadDocument);
  const [markAll] = useMutation(MarkAllNotificationsReadDocument);
  const received = useEffectEvent((notification: Notification) => onNotification?.(notification));
  const refetch = async (): Promise<void> => {
    await Promise.all([list.refetch(), count.refetch()]);
  };
  const read = useEffectEvent(({ notificationId }: NotificationReadEvent) => {
    const asked: Promise<unknown> = notificationId == null ? refetch() : count.refetch();
    asked.catch(() => undefined); // the query itself tells of its failure
  });

  useEffect(() => {
    const stopListening = realtime.notifications.listen((event) => received(event.notification));
    const stopReading = realtime.notificationsRead.listen((event) => read(event));
    const stopPolling = realtime.pollAlerts();
    return () => {
      stopListening();
      stopReading();
      stopPolling();
    };
  }, [realtime]);

  const page = list.data?.notifications;
  const unread = count.data?.unreadNotificationCount ?? 0;
  return {
    notifications: page?.nodes ?? [],
    unread,
    unreadCount: unread,
    loading: list.loading,
    error: list.error ?? count.error,
    hasMore: page?.pageInfo.hasNextPage ?? false,
    refetch,
    loadMore: async () => {
      if (page?.pageInfo.endCursor) {
        await list.fetchMore({ variables: { after: page.pageInfo.endCursor } });
      }
    },
    checkAlerts: async () => {
      const { data } = await check();
      throwIfRefused(data?.checkAlerts.userErrors ?? []);
      await realtime.poll();
      const { checked = 0, raised = 0, resolved = 0 } = data?.checkAlerts ?? {};
      return { checked, raised, resolved };
    },
    markRead: async (id) => {
      const { data } = await markOne({ variables: { id } });
      throwIfRefused(data?.markNotificationRead.userErrors ?? []);
      await count.refetch();
    },
    markAllRead: async () => {
      const { data } = await markAll();
      throwIfRefused(data?.markAllNotificationsRead.userErrors ?? []);
      await refetch();
    },
  };
}
