/**
 * Builds the pages that the server serves, and runs the tests of their code.
 *
 *   console/index.html   → static/console/index.html    served at /
 *   graphiql/index.html  → static/graphiql/index.html   served at /graphql
 *   console/sw.ts        → static/sw.js                 the service worker: its name must not change
 *   console/public/**    → static/**                    icons, manifest: copied as they are
 *   everything imported  → static/assets/NAME-HASH.*    never changes under its name
 *
 * Each text file also gets a .br and a .gz beside it: pages.py sends those, and compresses nothing
 * while it serves.
 */
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

import { shellList } from './shellList.ts';
import { macros } from './macros.ts';

const ROOT = import.meta.dirname;
const STATIC = path.join(ROOT, 'static');
const SERVER = process.env.SERVER_URL ?? 'http://127.0.0.1:8000';
const PUBLIC = path.join(ROOT, 'console/public');
const LICENSES = 'licenses.md';
const COMPRESSIBLE = /\.(css|html|js|json|svg|txt|wasm|webmanifest)$/;
const COMPRESSED_BYTES_MIN = 1_000; // a smaller file fits into one packet as it is

const inputs = {
  console: 'console/index.html',
  graphiql: 'graphiql/index.html',
  sw: 'console/sw.ts',
};

/** The inputs whose source is there. */
function present(): Record<string, string> {
  const found = Object.entries(inputs).filter(([, file]) => existsSync(path.join(ROOT, file)));
  return Object.fromEntries(found.map(([name, file]) => [name, path.join(ROOT, file)]));
}

/** In development: pages are where pages.py has them. */
function served(): Plugin {
  return {
    name: 'served',
    configureServer({ middlewares }) {
      middlewares.use((request, _response, next) => {
        if (request.headers.accept?.includes('text/html')) {
          request.url = request.url === '/graphql' ? `/${inputs.graphiql}` : `/${inputs.console}`;
        }
        next();
      });
    },
  };
}

/**
 * Fails the build when the entry of this name imports a chunk. A service worker must be one file:
 * browsers refuse one that imports, and nobody is told of it but by alerts that do not come.
 */
export function alone(entry: string): Plugin {
  return {
    name: 'alone',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !chunk.isEntry || chunk.name !== entry) continue;
        const shared = [...chunk.imports, ...chunk.dynamicImports].flatMap((file) => {
          const other = bundle[file];
          return other?.type === 'chunk' && other.moduleIds.length > 0 ? other.moduleIds : [file];
        });
        if (shared.length > 0) {
          this.error(`${entry} must be one file, but shares: ${shared.join(', ')}`);
        }
      }
    },
  };
}

/** Compresses what was built, once, as far as it goes. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async closeBundle() {
      const files = await readdir(STATIC, { recursive: true });
      await Promise.all(files.filter((name) => COMPRESSIBLE.test(name)).map(compress));
    },
  };
}

/** zxing-wasm has zxing-cpp inside, which the bundler cannot know. Its license asks for its own text. */
function compiledIn(): Plugin {
  return {
    name: 'compiled-in',
    apply: 'build',
    async closeBundle() {
      const apache = await readFile(path.join(ROOT, 'node_modules/typescript/LICENSE.txt'), 'utf8');
      const heading = '## zxing-cpp (Apache-2.0), compiled into zxing_reader.wasm';
      const where = 'https://github.com/zxing-cpp/zxing-cpp, unchanged.';
      await appendFile(path.join(STATIC, LICENSES), `\n${heading}\n\n${where}\n\n${apache}`);
    },
  };
}

async function compress(name: string): Promise<void> {
  const file = path.join(STATIC, name);
  const bytes = await readFile(file);
  if (bytes.length < COMPRESSED_BYTES_MIN) return;
  // Quality 11 takes half a minute for Monaco; 9 is a few percent larger, in a second.
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: bytes.length > 500_000 ? 9 : 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, { params }));
  await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}

export default defineConfig({
  root: ROOT,
  publicDir: PUBLIC,
  plugins: [
    lingui(),
    macros(),
    react(),
    served(),
    alone('sw'),
    shellList({ page: 'console', worker: 'sw', publicDir: PUBLIC }),
    compressed(),
    compiledIn(),
  ],
  build: {
    outDir: STATIC,
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
    assetsInlineLimit: 0, // the content security policy admits no data: scripts and fonts
    chunkSizeWarningLimit: 5_000, // Monaco
    license: { fileName: LICENSES }, // of what is bundled: it is handed on with the wheel
    rolldownOptions: {
      input: present(),
      // Libraries say "use no memo" to React's compiler, which does not run here.
      onLog: (level, log, tell) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && tell(level, log),
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['@graphiql/react/setup-workers/vite'] }, // imports ?worker
  server: {
    // `npx vite` beside a server with FRONTEND_URL=http://localhost:5173: pages that change as they
    // are written.
    proxy: { '/graphql': { target: SERVER, ws: true, changeOrigin: true } },
  },
  test: {
    include: ['*.test.ts', 'client/**/*.test.{ts,tsx}', 'console/**/*.test.{ts,tsx}'],
    environment: 'jsdom',
    isolate: false, // a browser's world for each file took six times what all tests take
    restoreMocks: true,
  },
});
