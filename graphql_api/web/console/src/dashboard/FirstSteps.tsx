/** Where nothing is kept yet: what to do first, in its order, each with its button. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { LocationsDocument, SummaryDocument } from '../../../client/generated/graphql';
import { CreateItemDialog } from '../items/CreateItemDialog';
import { usePermissions } from '../session/SessionContext';
import { Card } from '../ui/Card';
import { Icon } from '../ui/Icon';

export function FirstSteps(): ReactElement | null {
  const { mayWrite, isAdmin } = usePermissions();
  const { data } = useQuery(SummaryDocument);
  const isFirst = mayWrite && data?.inventorySummary.items === 0;
  // Those that were there from the start are no step that was taken.
  const places = useQuery(LocationsDocument, { skip: !isFirst }).data?.locations.length ?? 0;
  const [isCreating, setCreating] = useState(false);
  if (!isFirst && !isCreating) return null;
  return (
    <Card title={t`Begin here`}>
      <ol className="first-steps">
        <li>
          <Step
            title={t`Say where things are`}
            text={places > 1 ? t`Done: you have several places.` : t`One place is there. Add shelves, shops, vans.`}
          />
          <Link href="/locations" className="button">
            <Icon name="locations" />
            <Trans>Locations</Trans>
          </Link>
        </li>
        <li>
          <Step title={t`Create the first item`} text={t`With its minimum, it tells when it runs low.`} />
          <button type="button" className="button button--primary" onClick={() => setCreating(true)}>
            <Icon name="plus" />
            <Trans>New item</Trans>
          </button>
        </li>
        {isAdmin && (
          <li>
            <Step title={t`Let others in`} text={t`Each with the role that fits.`} />
            <Link href="/users" className="button">
              <Icon name="users" />
              <Trans>Users</Trans>
            </Link>
          </li>
        )}
      </ol>
      {isCreating && <CreateItemDialog onClose={() => setCreating(false)} />}
    </Card>
  );
}

function Step({ title, text }: { title: string; text: string }): ReactElement {
  return (
    <span className="first-steps__what">
      <strong>{title}</strong>
      <span className="muted">{text}</span>
    </span>
  );
}
