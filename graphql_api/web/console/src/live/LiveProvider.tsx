/** Live updates for all screens: the newest events, and a toast for what must not be missed. */
import { createContext, useCallback, useContext, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { sentenceOf, titleOf } from '../alerts/alertWords';
import { useInventoryNotifications, useRealTimeUpdates } from '../../../client';
import type { AlertEvent, InventoryUpdate, Notification } from '../../../client';
import { Unread } from '../notifications/useUnread';
import { noticeWords } from '../notifications/noticeWords';
import { isAboutAlert } from '../notifications/notificationData';
import { useToast } from '../ui/Toasts';
import { useLoadAgain } from '../ui/useLoadAgain';
import { ofAlert, ofUpdate } from './feed';
import type { FeedEntry } from './feed';

const KEPT_MAX = 60; // feed entries: more than one looks back over

const Newest = createContext<readonly FeedEntry[]>([]);

/** What happened since the page was opened, newest first. */
export function useNewest(): readonly FeedEntry[] {
  return useContext(Newest);
}

const TONES = { SUCCESS: 'good', ERROR: 'bad', WARNING: 'warning', INFO: 'info' } as const;

export function LiveProvider({ children }: { children: ReactNode }): ReactElement {
  const [newest, setNewest] = useState<readonly FeedEntry[]>([]);
  const tell = useToast();

  const keep = useCallback((entry: FeedEntry) => {
    setNewest((before) => [entry, ...before].slice(0, KEPT_MAX));
  }, []);
  const onInventoryUpdate = useCallback(
    (update: InventoryUpdate) => keep(ofUpdate(update)),
    [keep],
  );
  const onAlert = useCallback(
    (event: AlertEvent) => {
      keep(ofAlert(event));
      const { alert } = event;
      if (event.kind !== 'RAISED') return;
      const isGrave = alert.severity === 'HIGH' || alert.severity === 'CRITICAL';
      const tone = isGrave ? 'warning' : 'info';
      tell({ tone, title: titleOf(alert), text: sentenceOf(alert), isNews: true });
    },
    [keep, tell],
  );
  const onNotification = useCallback(
    (notification: Notification) => {
      if (isAboutAlert(notification)) return; // the alert itself was shown
      const { title, sentence } = noticeWords(notification);
      tell({ tone: TONES[notification.type], title, text: sentence, isNews: true });
    },
    [tell],
  );
  useRealTimeUpdates({ onInventoryUpdate, onAlert });
  const { unread, error, refetch } = useInventoryNotifications({ onNotification });
  useLoadAgain(error, refetch); // the bell's number is on every screen

  return (
    <Newest value={newest}>
      <Unread value={unread}>{children}</Unread>
    </Newest>
  );
}
