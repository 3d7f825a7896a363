/** Which words the console has, and in which languages: read by lingui's commands and by vite. */
import { defineConfig } from '@lingui/conf';
import { formatter } from '@lingui/format-po';

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'de', 'fr', 'es', 'ja'], // as LANGUAGES in console/src/language/choice.ts
  catalogs: [
    {
      path: '<rootDir>/console/src/language/catalogs/{locale}',
      include: ['<rootDir>/console/src'],
      exclude: ['**/*.test.*', '**/serverMessages.ts'],
    },
    {
      // English comes with each message itself, so only the others are loaded.
      path: '<rootDir>/console/src/language/server/{locale}',
      include: ['<rootDir>/console/src/language/serverMessages.ts'],
    },
  ],
  // Where a message is from, without its line: else each change would touch all catalogs.
  format: formatter({ lineNumbers: false }),
  orderBy: 'origin',
  // Words need no provider above them: which language it is stands before any of them is read.
  runtimeConfigModule: { i18n: ['#language', 'i18n'], Trans: ['#language', 'Trans'] },
});
