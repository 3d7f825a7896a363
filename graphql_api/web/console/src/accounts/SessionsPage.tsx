/** Where people are signed in: for administrators everybody, for others themselves. */
import { useMutation, useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link, useSearchParams } from 'wouter';

import { throwIfRefused } from '../../../client';
import { EndSessionDocument, SessionsDocument } from '../../../client/generated/graphql';
import type { SessionsQuery } from '../../../client/generated/graphql';
import { usePermissions } from '../session/SessionContext';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { short } from '../ui/format';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Pill } from '../ui/Pill';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { Time } from '../ui/Time';
import { useToast } from '../ui/Toasts';
import { useLoadAgain } from '../ui/useLoadAgain';
import './accounts.css';
import { deviceOf } from './deviceOf';

type Session = SessionsQuery['sessions']['nodes'][number];

const PAGE = 50;

export default function SessionsPage(): ReactElement {
  const { isAdmin } = usePermissions();
  const [params] = useSearchParams();
  const userId = isAdmin ? params.get('user') : null;
  const { data, error, refetch, fetchMore } = useQuery(SessionsDocument, {
    variables: { first: PAGE, ...(userId && { userId }) },
    fetchPolicy: 'cache-and-network',
  });
  const loadAgain = useLoadAgain(error, refetch);
  const [ending, setEnding] = useState<Session | null>(null);
  const page = data?.sessions;
  const name = userId ? page?.nodes[0]?.user.name : undefined;
  return (
    <Page
      title={t`Sessions`}
      subtitle={
        userId ? (
          <>
            <Trans>Of {name ?? t`one user`}. <Link href="/sessions">Show all</Link></Trans>
          </>
        ) : isAdmin ? (
          t`Everybody who is signed in.`
        ) : (
          t`Where you are signed in.`
        )
      }
    >
      <div className="card">
        {!page && !error && <Loading label={t`Loading sessions`} />}
        {!page && error && <Failed error={error} retry={loadAgain} />}
        {page && <Outdated error={error} retry={loadAgain} />}
        {page?.nodes.length === 0 && <Empty icon="sessions" title={t`Nobody is signed in`} />}
        {page && page.nodes.length > 0 && <SessionTable sessions={page.nodes} onEnd={setEnding} />}
        {page && (
          <LoadMore
            hasMore={page.pageInfo.hasNextPage}
            load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
          />
        )}
      </div>
      {ending && (
        <EndDialog
          session={ending}
          onClose={() => setEnding(null)}
          onEnded={loadAgain}
        />
      )}
    </Page>
  );
}

interface SessionTableProps {
  sessions: readonly Session[];
  onEnd: (session: Session) => void;
}

function SessionTable({ sessions, onEnd }: SessionTableProps): ReactElement {
  return (
    <div className="table-frame">
      <table className="table">
        <caption className="visually-hidden"><Trans>Sessions, newest first</Trans></caption>
        <thead>
          <tr>
            <th scope="col"><Trans>User</Trans></th>
            <th scope="col" className="wide-only">
              <Trans>Device</Trans>
            </th>
            <th scope="col" className="wide-only">
              <Trans>Address</Trans>
            </th>
            <th scope="col"><Trans>Signed in</Trans></th>
            <th scope="col" className="wide-only">
              <Trans>Last renewed</Trans>
            </th>
            <th scope="col" className="wide-only">
              <Trans>Ends</Trans>
            </th>
            <th scope="col">
              <span className="visually-hidden"><Trans>Actions</Trans></span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.id}>
              <td>
                <strong>{session.user.name}</strong>{' '}
                {session.isCurrent && <Pill tone="info"><Trans>This one</Trans></Pill>}
                <span className="only-narrow muted session-where">
                  <Device name={session.device} /> <span className="code">{session.address}</span>
                </span>
              </td>
              <td className="wide-only">
                <Device name={session.device} />
              </td>
              <td className="wide-only code muted">{session.address ?? t`unknown`}</td>
              <td className="muted">
                <Time at={session.createdAt} />
              </td>
              <td className="muted wide-only">
                {session.lastUsedAt ? <Time at={session.lastUsedAt} /> : t`not yet`}
              </td>
              <td className="muted wide-only">{short(session.expiresAt)}</td>
              <td className="right">
                <button
                  type="button"
                  className="button button--small button--danger"
                  onClick={() => onEnd(session)}
                >
                  <Trans>End<span className="visually-hidden"> the session of {session.user.name}</span></Trans>
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** name: as the device says itself; whole in the title. */
function Device({ name }: { name: string | null }): ReactElement {
  return <span title={name ?? undefined}>{deviceOf(name)}</span>;
}

interface EndDialogProps {
  session: Session;
  onClose: () => void;
  onEnded: () => void;
}

function EndDialog({ session, onClose, onEnded }: EndDialogProps): ReactElement {
  const [end] = useMutation(EndSessionDocument);
  const tell = useToast();
  return (
    <ConfirmDialog
      title={t`End the session of ${session.user.name}?`}
      action={t`End session`}
      onClose={onClose}
      onConfirm={async () => {
        const { data } = await end({ variables: { id: session.id } });
        throwIfRefused(data?.endSession.userErrors ?? []);
        onClose();
        tell({ tone: 'good', title: t`Session ended`, text: session.user.name });
        if (!session.isCurrent) onEnded();
      }}
    >
      <p>
        {session.isCurrent
          ? t`This is the session that you use right now: you will have to sign in again.`
          : t`That device is signed out at once.`}
      </p>
    </ConfirmDialog>
  );
}
