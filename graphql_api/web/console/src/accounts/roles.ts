/** Roles in words. */
import type { Role } from '../../../client/generated/graphql';

export const ROLES: Readonly<Record<Role, { label: string; may: string }>> = {
  VIEWER: { label: 'Viewer', may: 'Looks at everything, changes nothing.' },
  USER: { label: 'User', may: 'Keeps items, moves stock and handles alerts.' },
  ADMIN: { label: 'Administrator', may: 'Does everything.' },
};

export const ROLE_CHOICES = (Object.keys(ROLES) as Role[]).map((value) => ({
  value,
  label: ROLES[value].label,
}));
