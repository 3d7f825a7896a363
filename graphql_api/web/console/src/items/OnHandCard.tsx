/** How much there is and where, and what should be there at least. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ComponentProps, ReactElement } from 'react';

import { usePermissions } from '../session/SessionContext';
import { Card } from '../ui/Card';
import { MinimumDialog } from './MinimumDialog';
import { StockFigure } from './StockFigure';

interface OnHandCardProps extends ComponentProps<typeof StockFigure> {
  reload: () => Promise<unknown>;
}

export function OnHandCard({ item, levels, reload }: OnHandCardProps): ReactElement {
  const { mayWrite } = usePermissions();
  const [isOpen, setOpen] = useState(false);
  const isOffered = mayWrite && item.deletedAt === null;
  return (
    <Card
      title={t`On hand`}
      actions={
        isOffered && (
          <button type="button" className="button button--small" onClick={() => setOpen(true)}>
            <Trans>Minimum at a location</Trans>
          </button>
        )
      }
    >
      <StockFigure item={item} levels={levels} />
      {isOpen && (
        <MinimumDialog
          item={item}
          levels={levels}
          onClose={() => setOpen(false)}
          onSaved={reload}
        />
      )}
    </Card>
  );
}
