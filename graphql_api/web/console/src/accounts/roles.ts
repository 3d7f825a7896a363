/** Roles in words. */
import { t } from '@lingui/core/macro';

import type { Role } from '../../../client/generated/graphql';

export const ROLES: Readonly<Record<Role, { label: string; short: string; may: string }>> = {
  VIEWER: { label: t`Viewer`, short: t`viewer`, may: t`Looks at everything, changes nothing.` },
  USER: { label: t`User`, short: t`user`, may: t`Keeps items, moves stock and handles alerts.` },
  ADMIN: { label: t`Administrator`, short: t`admin`, may: t`Does everything.` },
};

export const ROLE_CHOICES = (Object.keys(ROLES) as Role[]).map((value) => ({
  value,
  label: ROLES[value].label,
}));
