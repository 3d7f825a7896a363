/** A message with elements in it, for lingui's macro <Trans>: of the page's language, without a
 * provider above it. */
import { TransNoContext } from '@lingui/react/server';
import type { TransProps } from '@lingui/react';
import type { ReactElement } from 'react';

import { i18n } from './active';

export function Trans(props: TransProps): ReactElement {
  return <TransNoContext {...props} lingui={{ i18n }} />;
}
