// @vitest-environment node
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

import { faultOf, wordFaults } from './words.mjs';

const ROOT = import.meta.dirname;

test('every catalog has every message, with its placeholders, and no others', async () => {
  expect(await wordFaults()).toEqual([]);
}, 60_000);

test('no text in the console is without a translation', async () => {
  const found = await new ESLint({ cwd: ROOT }).lintFiles('console/src');
  const faults = found.flatMap(({ filePath, messages }) =>
    messages.map(({ line, message }) => `${filePath.slice(ROOT.length + 1)}:${line} ${message}`),
  );
  expect(faults).toEqual([]);
}, 60_000);

test.each([
  ['const a = <p>Low stock</p>;', true],
  ['const a = <p>none</p>;', true],
  ['const a = <p title="stock" />;', true],
  ['const a = () => tell({ title: "Not saved" });', true],
  ['const a = `Only ${b} left`;', true],
  ['const a = <Trans>Low stock</Trans>;', false],
  ['const a = t`Low stock`;', false],
  ['const a = <p className="muted note">{b}</p>;', false],
])('the rule sees what is read by people: %s', async (source, isRefused) => {
  const [found] = await new ESLint({ cwd: ROOT }).lintText(source, {
    filePath: 'console/src/ui/Sample.tsx',
  });
  expect(found?.messages.length !== 0).toBe(isRefused);
});

test.each([
  ['{a} of <0>{b}</0>', '<0>{b}</0>: {a}', null],
  ['{n, plural, one {# line} other {# lines of {b}}}', '{n, plural, other {{b}: #}}', null],
  ['Low stock', '', 'not translated'],
  ['{a} left', 'noch {b}', 'has b instead of a'],
  ['Edit<0> {a}</0>', 'Bearbeiten {a}', 'has a instead of <0> a'],
])('what is wrong with a translation is told: %s', (source, translation, fault) => {
  expect(faultOf(source, translation)).toBe(fault);
});
