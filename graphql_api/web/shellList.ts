/**
 * Tells the service worker what the console is made of: all that its page loads, now or later, and
 * what of it lies beside the build. Used by vite.config.ts; read by console/src/offline/shell.ts.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Plugin, Rolldown } from 'vite';

const MARK = /(["'`])__SHELL__\1/; // what stands in the worker's source in place of the list
const LARGE = /\.wasm$/; // loaded when a camera is opened: kept from then on

/** The page, its worker and the folder of what is copied as it is. */
interface Parts {
  page: string;
  worker: string;
  publicDir: string;
}

/** Writes the list into the worker, and a revision that changes with whatever is in it. */
export function shellList({ page, worker, publicDir }: Parts): Plugin {
  return {
    name: 'shell-list',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      async handler(_, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const target = chunks.find(({ isEntry, name }) => isEntry && name === worker);
        const entry = chunks.find(({ isEntry, name }) => isEntry && name === page);
        if (target === undefined || entry === undefined) return;
        const built = loadedBy(entry, bundle);
        const copied = await readdir(publicDir);
        const revision = createHash('sha256');
        for (const name of built) revision.update(name); // its hash is in its name
        revision.update(textOf(bundle[`${page}/index.html`]));
        for (const name of copied.sort()) revision.update(await readFile(path.join(publicDir, name)));
        const files = ['/', ...[...built, ...copied].map((name) => `/${name}`)];
        const shell = {
          revision: revision.digest('hex').slice(0, 16),
          files: files.filter((file) => !LARGE.test(file)),
          later: files.filter((file) => LARGE.test(file)),
        };
        if (!MARK.test(target.code)) this.error(`${worker} does not say where its list goes`);
        target.code = target.code.replace(MARK, () => JSON.stringify(JSON.stringify(shell)));
      },
    },
  };
}

/** The names of all files that the page of this entry may ask for, sorted. */
function loadedBy(entry: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle): string[] {
  const found = new Set<string>();
  const waiting = [entry.fileName];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const file = bundle[name];
    if (file?.type !== 'chunk') continue;
    waiting.push(...file.imports, ...file.dynamicImports);
    const { importedCss = [], importedAssets = [] } = file.viteMetadata ?? {};
    for (const beside of [...importedCss, ...importedAssets]) found.add(beside);
  }
  return [...found].sort();
}

function textOf(file: Rolldown.OutputAsset | Rolldown.OutputChunk | undefined): string {
  if (file === undefined) return '';
  return file.type === 'chunk' ? file.code : String(file.source);
}
