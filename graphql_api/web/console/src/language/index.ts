/** What lingui's macros call (lingui.config.ts), and what formats ask. */
export { i18n, LOCALE } from './active';
export { Trans } from './Trans';
