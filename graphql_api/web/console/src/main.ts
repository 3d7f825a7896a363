/**
 * The console's beginning: what all screens look like, then the language, then all else. Words and formats
 * are constants of their modules, so none of those may be evaluated before.
 */
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/components.css';
import './styles/shell.css';

import { openLanguage } from './language/active';

await openLanguage();
await import('./start');
