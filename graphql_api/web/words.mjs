// The console's words in all languages. `npm run words` brings the catalogs up to date with the source
// (messages that are new have an empty msgstr); `npm run words:check` changes nothing, and tells
// what is not translated, of which a catalog is without need, and where placeholders differ.
import { getCatalogs } from '@lingui/cli/api';
import { getConfig } from '@lingui/conf';
import { compileMessage } from '@lingui/message-utils/compileMessage';

const HERE = import.meta.dirname;

/** What stands in for values and elements in a message, sorted: ["0", "<0>", "name"]. */
export function placeholders(message) {
  const found = new Set([...message.matchAll(/<\/?(\d+)\/?>/g)].map(([, tag]) => `<${tag}>`));
  // A compiled message is a list of texts and of [name, format, choices], the choices lists again.
  const visit = (parts) => {
    for (const [name, , choices] of parts.filter(Array.isArray)) {
      found.add(name);
      if (typeof choices === 'object') Object.values(choices).filter(Array.isArray).forEach(visit);
    }
  };
  visit([compileMessage(message)].flat());
  return [...found].filter((name) => name !== '#').sort();
}

/** What is wrong with a translation; null: nothing. */
export function faultOf(source, translation) {
  if (translation.trim() === '' && source.trim() !== '') return 'not translated';
  const has = placeholders(translation).join(' ');
  const needs = placeholders(source).join(' ');
  return has === needs ? null : `has ${has || 'no placeholders'} instead of ${needs || 'none'}`;
}

/** Faults of all catalogs, a line each. found: the messages of the source, by id. */
function faultsOf(found, catalogs) {
  return Object.entries(catalogs).flatMap(([locale, catalog]) => [
    ...Object.entries(found).flatMap(([id, { message }]) => {
      const source = message ?? id;
      const entry = catalog?.[id];
      if (locale === 'en') return (entry?.message ?? entry?.translation) === source ? [] : [`en: not current: ${source}`];
      if (entry === undefined) return [`${locale}: missing: ${source}`];
      const fault = faultOf(source, entry.translation ?? '');
      return fault === null ? [] : [`${locale}: ${fault}: ${source}`];
    }),
    ...Object.entries(catalog ?? {})
      .filter(([id]) => !(id in found))
      .map(([id, { message }]) => `${locale}: not in the source: ${message ?? id}`),
  ]);
}

export async function wordFaults() {
  const config = getConfig({ cwd: HERE });
  const faults = [];
  for (const catalog of await getCatalogs(config)) {
    const found = await catalog.collect();
    if (found === undefined) return ['the source cannot be read'];
    faults.push(...faultsOf(found, await catalog.readAll()));
  }
  return faults;
}

if (import.meta.filename === process.argv[1]) {
  const faults = await wordFaults();
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) console.error(`${faults.length} to mend: npm run words, then translate`);
  process.exit(faults.length > 0 ? 1 : 0);
}
