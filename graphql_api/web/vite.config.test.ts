// @vitest-environment node
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { build } from 'vite';
import { expect, onTestFinished, test } from 'vitest';

import { alone } from './vite.config';

/** Builds two entries, page and worker, of these sources. */
async function built(sources: Record<string, string>): Promise<unknown> {
  const root = await mkdtemp(path.join(tmpdir(), 'alone-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [name, source] of Object.entries(sources)) {
    await writeFile(path.join(root, name), source);
  }
  const input = { page: path.join(root, 'page.js'), worker: path.join(root, 'worker.js') };
  return build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [alone('worker')],
    build: { write: false, rolldownOptions: { input } },
  });
}

const PLACE = 'export const isPlace = (path) => path.startsWith("/");';

test('a worker that shares a module with the page fails the build, which names it', async () => {
  const use = 'import { isPlace } from "./place.js"; console.log(isPlace(location.pathname));';
  const shared = built({ 'place.js': PLACE, 'page.js': use, 'worker.js': `${use} self.x = 1;` });
  await expect(shared).rejects.toThrow(/worker must be one file.*place\.js/);
});

test('a worker with a module of its own is built', async () => {
  const use = (name: string): string => `import { isPlace } from "./${name}"; console.log(isPlace);`;
  await built({
    'place.js': PLACE,
    'workerPlace.js': PLACE,
    'page.js': use('place.js'),
    'worker.js': use('workerPlace.js'),
  });
});
