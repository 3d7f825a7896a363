/** Words that nobody can translate are found here; all else about the style is TypeScript's. */
import parser from '@typescript-eslint/parser';
import lingui from 'eslint-plugin-lingui';

// Nobody reads these: names of classes, of events and of what the browser has.
const NO_WORDS = [
  '^[^A-Za-z]*$', // figures and signs, and languages in their own letters
  '^[^ ]*[-_/.:#?=&@][^ ]*$', // classes, paths, ids, addresses
  '^[a-z][a-zA-Z0-9]*$', // one word of code
  '^[A-Z][A-Z0-9_]*$', // constants of the schema
  '--', // classes with a modifier
  '^button button', '\\[', // classes, selectors
  '^g [a-z]$', // keys
  '^saved filters of ', // where a browser keeps them
];

export default [
  {
    files: ['console/src/**/*.{ts,tsx}'],
    ignores: ['**/*.test.*', 'console/src/testing.ts', 'console/src/language/serverMessages.ts',
      // Shapes, and names of languages and of programs.
      'console/src/ui/Icon.tsx', 'console/src/language/choice.ts', 'console/src/accounts/deviceOf.ts',
      // The service worker's: it has no catalogs.
      'console/src/notifications/pushedAlert.ts'],
    languageOptions: {
      parser,
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { lingui },
    rules: {
      'lingui/no-unlocalized-strings': [
        'error',
        {
          ignore: NO_WORDS,
          ignoreNames: [
            { regex: { pattern: '^(className|d|viewBox|style|href|src|path|key|name|autoComplete)$' } },
            'type', '__typename', 'fragmentName', 'rootMargin', 'NEAR',
            'font', 'FONT', 'fill', 'authorization', 'textMode',
          ],
          ignoreFunctions: [
            'Error',
            'TypeError',
            '*.querySelector',
            '*.querySelectorAll',
            '*.closest',
            'matchMedia',
            '*.includes',
            'Object.hasOwn',
            'DOMException',
            '*.getContext',
            'useStored',
            '*.setRequestHeader',
          ],
        },
      ],
      // One word in small letters could be code for the rule above; between tags it is read.
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'JSXText[value=/[A-Za-z]/]:not(JSXElement[openingElement.name.name="Trans"] JSXText)',
          message: 'Text not marked for translation. Wrap it with <Trans>',
        },
        {
          selector:
            'JSXAttribute[name.name=/^(title|label|placeholder|alt|aria-label|hint|submit|action)$/] > Literal[value=/[A-Za-z]/]',
          message: 'Text not marked for translation. Wrap it with t``',
        },
      ],
      'lingui/no-single-variables-to-translate': 'error',
      'lingui/no-trans-inside-trans': 'error',
      'lingui/no-plural-inside-trans': 'off',
      'lingui/consistent-plural-format': 'off',
    },
  },
];
