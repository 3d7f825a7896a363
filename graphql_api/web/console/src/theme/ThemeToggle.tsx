/** A button that goes from theme to theme. */
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { Icon } from '../ui/Icon';
import type { IconName } from '../ui/Icon';
import { setTheme, useTheme } from './theme';
import type { Theme } from './theme';

const NEXT: Record<Theme, { theme: Theme; icon: IconName; label: string }> = {
  system: { theme: 'light', icon: 'contrast', label: t`Theme: as the system` },
  light: { theme: 'dark', icon: 'sun', label: t`Theme: light` },
  dark: { theme: 'system', icon: 'moon', label: t`Theme: dark` },
};

export function ThemeToggle(): ReactElement {
  const { theme, icon, label } = NEXT[useTheme()];
  return (
    <button
      type="button"
      className="button button--quiet button--icon"
      title={label}
      onClick={() => setTheme(theme)}
    >
      <Icon name={icon} />
      <span className="visually-hidden">{label}</span>
    </button>
  );
}
