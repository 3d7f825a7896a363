/** Turns lingui's macros (t`…`, <Trans>, plural) into calls; used by vite, in builds and in tests. */
import { transformAsync } from '@babel/core';
import type { Plugin } from 'vite';

const USES_MACROS = /from ['"]@lingui\/(core|react)\/macro['"]/;

export function macros(): Plugin {
  return {
    name: 'macros',
    enforce: 'pre',
    transform: {
      filter: { id: /\.tsx?$/, code: USES_MACROS },
      async handler(code, id) {
        const done = await transformAsync(code, {
          filename: id,
          babelrc: false,
          configFile: false,
          sourceMaps: true,
          parserOpts: { plugins: id.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'] },
          plugins: ['@lingui/babel-plugin-lingui-macro'],
        });
        return done?.code == null ? undefined : { code: done.code, map: done.map ?? null };
      },
    },
  };
}
