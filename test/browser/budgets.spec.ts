import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

interface Chunk {
  file: string;
  css?: string[];
  imports?: string[];
  isEntry?: boolean;
  isDynamicEntry?: boolean;
}

const BUILT = resolve('dist/web');
const ENTRY_KB = 260;
const ROUTE_KB = 80;
const CSS_KB = 45;

const manifest = JSON.parse(readFileSync(join(BUILT, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;

/** A chunk and all that it imports at once. */
function closure(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const imported of manifest[name]?.imports ?? []) closure(imported, seen);
  return seen;
}

const kB = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(BUILT, file))).length, 0) / 1_000;
const scripts = (names: Iterable<string>) => new Set([...names].flatMap((name) => manifest[name]?.file ?? []));
const sheets = (names: Iterable<string>) => new Set([...names].flatMap((name) => manifest[name]?.css ?? []));

const entries = Object.keys(manifest).filter((name) => manifest[name]?.isEntry);
const routes = Object.keys(manifest).filter((name) => manifest[name]?.isDynamicEntry && !name.endsWith('.po'));

it.each(entries)('%s keeps within its budget', (entry) => {
  const names = closure(entry);
  expect(kB(scripts(names)), 'kB of script, compressed').toBeLessThan(ENTRY_KB);
  expect(kB(sheets(names)), 'kB of styles, compressed').toBeLessThan(CSS_KB);
});

it.each(routes)('%s adds little to it', (route) => {
  const base = new Set(entries.flatMap((entry) => [...closure(entry)]).filter((name) => !name.endsWith('.html')));
  const own = [...closure(route)].filter((name) => !base.has(name) && !manifest[name]?.isEntry);
  expect(kB(scripts(own)), 'kB of script, compressed').toBeLessThan(ROUTE_KB);
});

it('ships no source map and no key', () => {
  const files = readdirSync(join(BUILT, 'web-files'));
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
});
