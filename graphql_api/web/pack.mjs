// Builds what the npm package @realtime-inventory/client is made of: `npm pack` in kit/ calls it.
// (client/ itself is no package: the console imports it as a folder.) The kit's sources are copied aside, with the typed documents of the kit alone,
// then bundled for `import` and `require`, and their types written.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

import { generated } from './generate.mjs';

const HERE = import.meta.dirname;
const KIT = join(HERE, 'kit');
const DIST = join(KIT, 'dist');
const LEFT_OUT = /\.test\.tsx?$|\/(testing|node)(\/|$)/; // tests, and a script that is one
const { peerDependencies } = JSON.parse(readFileSync(join(HERE, 'kit/package.json'), 'utf8'));

/** A copy beside node_modules, so that what it imports is found; not in it: tsc writes no types there. */
async function copied() {
  const folder = mkdtempSync(join(HERE, '.kit-'));
  cpSync(join(HERE, 'client'), folder, {
    recursive: true,
    filter: (file) => !LEFT_OUT.test(file.slice(HERE.length)),
  });
  writeFileSync(join(folder, 'generated/graphql.ts'), await generated(['client']));
  return folder;
}

async function bundled(folder) {
  const peers = Object.keys(peerDependencies).map((name) => new RegExp(`^${name}(/|$)`));
  const bundle = await rolldown({
    input: {
      core: join(folder, 'core.ts'),
      react: join(folder, 'react/index.ts'),
      documents: join(folder, 'generated/graphql.ts'),
    },
    external: peers,
    platform: 'neutral',
  });
  const chunkFileNames = (end) => ({
    entryFileNames: `[name].${end}`,
    chunkFileNames: `shared-[hash].${end}`,
  });
  await bundle.write({ dir: DIST, format: 'esm', ...chunkFileNames('js') });
  await bundle.write({ dir: DIST, format: 'cjs', ...chunkFileNames('cjs') });
}

function typesWritten(folder) {
  const config = join(folder, 'tsconfig.json');
  const types = join(DIST, 'types');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: folder,
    outDir: types,
  };
  const files = ['core.ts', 'react/index.ts', 'generated/graphql.ts'];
  writeFileSync(
    config,
    JSON.stringify({ extends: join(HERE, 'tsconfig.json'), compilerOptions, include: [], exclude: [], files }),
  );
  execFileSync(join(HERE, 'node_modules/.bin/tsc'), ['-p', config], { stdio: ['ignore', 2, 2] });
  for (const name of readdirSync(types, { recursive: true })) {
    if (name.endsWith('.d.ts')) named(join(types, name));
  }
}

/** Node's way of resolving wants whole file names; our sources leave `.ts` out. */
function named(file) {
  const text = readFileSync(file, 'utf8').replace(
    /(from |import\()'(\.\.?\/?[^']*)'/g,
    (_, before, target) => `${before}'${resolved(file, target)}'`,
  );
  writeFileSync(file, text);
}

function resolved(file, target) {
  const isFolder = /(^|\/)\.{0,2}react$/.test(target);
  try {
    readFileSync(join(dirname(file), `${target}.d.ts`));
    return `${target}.js`;
  } catch {
    return isFolder ? `${target}/index.js` : target;
  }
}

const folder = await copied();
try {
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  cpSync(join(HERE, 'client/README.md'), join(KIT, 'README.md'));
  cpSync(join(HERE, '../../LICENSE'), join(KIT, 'LICENSE'));
  await bundled(folder);
  typesWritten(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
