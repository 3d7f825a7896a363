/** Where nothing is kept yet: what to do first, in its order, each with its button. */
import { useQuery } from '@apollo/client/react';
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
    <Card title="Begin here">
      <ol className="first-steps">
        <li>
          <Step
            title="Say where things are"
            text={places > 1 ? 'Done: you have several places.' : 'One place is there. Add shelves, shops, vans.'}
          />
          <Link href="/locations" className="button">
            <Icon name="locations" />
            Locations
          </Link>
        </li>
        <li>
          <Step title="Create the first item" text="With its minimum, it tells when it runs low." />
          <button type="button" className="button button--primary" onClick={() => setCreating(true)}>
            <Icon name="plus" />
            New item
          </button>
        </li>
        {isAdmin && (
          <li>
            <Step title="Let others in" text="Each with the role that fits." />
            <Link href="/users" className="button">
              <Icon name="users" />
              Users
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
