/** All accounts. For administrators. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import type { Viewer } from '../../../client';
import { UsersDocument } from '../../../client/generated/graphql';
import { useViewer } from '../session/SessionContext';
import { Icon } from '../ui/Icon';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Pill } from '../ui/Pill';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { CreateUserDialog } from './CreateUserDialog';
import { EditUserDialog } from './EditUserDialog';
import { ROLES } from './roles';

const PAGE = 50;

export default function UsersPage(): ReactElement {
  const viewer = useViewer();
  const { data, error, refetch, fetchMore } = useQuery(UsersDocument, {
    variables: { first: PAGE },
    fetchPolicy: 'cache-and-network',
  });
  const loadAgain = useLoadAgain(error, refetch);
  const [isCreating, setCreating] = useState(false);
  const [edited, setEdited] = useState<Viewer | null>(null);
  const page = data?.users;
  return (
    <Page
      title={t`Users`}
      actions={
        <button type="button" className="button button--primary" onClick={() => setCreating(true)}>
          <Icon name="plus" />
          <Trans>New user</Trans>
        </button>
      }
    >
      <div className="card">
        {!page && !error && <Loading label={t`Loading users`} />}
        {!page && error && <Failed error={error} retry={loadAgain} />}
        {page && <Outdated error={error} retry={loadAgain} />}
        {page?.nodes.length === 0 && <Empty icon="users" title={t`No users`} />}
        {page && page.nodes.length > 0 && (
          <div className="table-frame">
            <table className="table">
              <caption className="visually-hidden"><Trans>Users</Trans></caption>
              <thead>
                <tr>
                  <th scope="col"><Trans>Name</Trans></th>
                  <th scope="col" className="wide-only">
                    <Trans>Email</Trans>
                  </th>
                  <th scope="col" className="wide-only">
                    <Trans>Role</Trans>
                  </th>
                  <th scope="col"><Trans>State</Trans></th>
                  <th scope="col">
                    <span className="visually-hidden"><Trans>Actions</Trans></span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {page.nodes.map((user) => (
                  <tr key={user.id}>
                    <td>
                      <strong>{user.name}</strong>{' '}
                      {user.id === viewer.id && <span className="muted"><Trans>(you)</Trans></span>}
                      <span className="only-narrow muted">
                        <br />
                        {ROLES[user.role].label}
                      </span>
                    </td>
                    <td className="wide-only">{user.email}</td>
                    <td className="wide-only whole">{ROLES[user.role].label}</td>
                    <td>
                      <Pill tone={user.active ? 'good' : 'neutral'}>
                        {user.active ? t`Active` : t`Inactive`}
                      </Pill>
                    </td>
                    <td className="right whole">
                      <Link
                        href={`/sessions?user=${user.id}`}
                        className="button button--small wide-only"
                      >
                        <Trans>Sessions<span className="visually-hidden"> of {user.name}</span></Trans>
                      </Link>{' '}
                      <button
                        type="button"
                        className="button button--small"
                        onClick={() => setEdited(user)}
                      >
                        <Trans>Edit<span className="visually-hidden"> {user.name}</span></Trans>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {page && (
          <LoadMore
            hasMore={page.pageInfo.hasNextPage}
            load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
          />
        )}
      </div>
      {isCreating && (
        <CreateUserDialog onClose={() => setCreating(false)} onCreated={loadAgain} />
      )}
      {edited && <EditUserDialog user={edited} onClose={() => setEdited(null)} />}
    </Page>
  );
}
