/** Everything that this person was told. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { useInventoryNotifications } from '../../../client';
import type { Notification } from '../../../client';
import { usePermissions } from '../session/SessionContext';
import { describe } from '../ui/describe';
import { number } from '../ui/format';
import { Icon } from '../ui/Icon';
import type { IconName } from '../ui/Icon';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { Time } from '../ui/Time';
import { useToast } from '../ui/Toasts';
import { useLoadAgain } from '../ui/useLoadAgain';
import { useSubmit } from '../ui/useSubmit';
import { AnnounceDialog } from './AnnounceDialog';
import { noticeWords } from './noticeWords';
import { pathOf } from './notificationData';
import './notifications.css';
import { PreferencesDialog } from './PreferencesDialog';
import { PushCard } from './PushCard';

const ICONS: Record<Notification['type'], IconName> = {
  SUCCESS: 'check',
  ERROR: 'alerts',
  WARNING: 'alerts',
  INFO: 'info',
};

const SAMPLE_ID = '0'; // of the test broadcast's notification, which is not kept

export function NotificationsPage(): ReactElement {
  const { isAdmin } = usePermissions();
  const inbox = useInventoryNotifications();
  const [isAnnouncing, setAnnouncing] = useState(false);
  const [isChoosing, setChoosing] = useState(false);
  const loadAgain = useLoadAgain(inbox.error, inbox.refetch);
  const tell = useToast();
  const { run, busy } = useSubmit(
    (work: () => Promise<void>) => work(),
    (error) => tell({ tone: 'bad', title: t`This was not marked as read`, text: describe(error) }),
  );
  const notifications = inbox.notifications.filter(({ id }) => id !== SAMPLE_ID);
  const isEmpty = notifications.length === 0;
  return (
    <Page
      title={t`Notifications`}
      subtitle={inbox.unread > 0 ? t`${number(inbox.unread)} unread` : t`All read`}
      actions={
        <>
          {isAdmin && (
            <button type="button" className="button" onClick={() => setAnnouncing(true)}>
              <Icon name="plus" />
              <Trans>Announce</Trans>
            </button>
          )}
          <button type="button" className="button" onClick={() => setChoosing(true)}>
            <Icon name="settings" />
            <Trans>What I am told</Trans>
          </button>
          <button
            type="button"
            className="button"
            disabled={busy || inbox.unread === 0}
            onClick={() => void run(inbox.markAllRead)}
          >
            <Icon name="check" />
            <Trans>Mark all read</Trans>
          </button>
        </>
      }
    >
      <div className="card">
        {!isEmpty && <Outdated error={inbox.error} retry={loadAgain} />}
        {!isEmpty && (
          <ul className="list" aria-label={t`Notifications`}>
            {notifications.map((notification) => (
              <NotificationLine
                key={notification.id}
                notification={notification}
                markRead={() => void run(() => inbox.markRead(notification.id))}
              />
            ))}
          </ul>
        )}
        {isEmpty && inbox.loading && <Loading label={t`Loading notifications`} />}
        {isEmpty && inbox.error && (
          <Failed error={inbox.error} retry={loadAgain} />
        )}
        {isEmpty && !inbox.loading && !inbox.error && (
          <Empty icon="bell" title={t`Nothing yet`}>
            <p><Trans>Grave alerts and ended imports are told here.</Trans></p>
          </Empty>
        )}
        <LoadMore hasMore={inbox.hasMore} load={inbox.loadMore} />
      </div>
      <PushCard />
      {isChoosing && (
        <PreferencesDialog onClose={() => setChoosing(false)} onChanged={inbox.refetch} />
      )}
      {isAnnouncing && <AnnounceDialog onClose={() => setAnnouncing(false)} />}
    </Page>
  );
}

interface NotificationLineProps {
  notification: Notification;
  markRead: () => void;
}

function NotificationLine({ notification, markRead }: NotificationLineProps): ReactElement {
  const { type, timestamp, readAt } = notification;
  const { title, sentence } = noticeWords(notification);
  const path = pathOf(notification);
  const isUnread = readAt === null;
  return (
    <li className={isUnread ? 'notice notice--unread' : 'notice'}>
      <span className={`notice__icon notice__icon--${type.toLowerCase()}`}>
        <Icon name={ICONS[type]} />
      </span>
      <div className="notice__text">
        <h2>
          {isUnread && <span className="visually-hidden"><Trans>Unread: </Trans></span>}
          {path ? (
            <Link href={path} className="plain-link" onClick={() => isUnread && markRead()}>
              {title}
            </Link>
          ) : (
            title
          )}
        </h2>
        <p>{sentence}</p>
        <p className="muted notice__time">
          <Time at={timestamp} />
        </p>
      </div>
      {isUnread && (
        <button type="button" className="button button--small" onClick={markRead}>
          <Trans>Mark read<span className="visually-hidden">: {title}</span></Trans>
        </button>
      )}
    </li>
  );
}
