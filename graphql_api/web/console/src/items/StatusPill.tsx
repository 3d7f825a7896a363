import type { ReactElement } from 'react';

import type { StockStatus } from '../../../client/generated/graphql';
import { Pill } from '../ui/Pill';
import { STATUS } from './status';

export function StatusPill({ status }: { status: StockStatus }): ReactElement {
  return <Pill tone={STATUS[status].tone}>{STATUS[status].label}</Pill>;
}
