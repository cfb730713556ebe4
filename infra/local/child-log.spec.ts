import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChildLog } from '#infra/local/child-log';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'child-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('starts a new file when one is full and keeps the last full one', () => {
  const path = join(folder, 'api.log');
  const log = new ChildLog({ path, limitBytes: 8 });
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) log.write(Buffer.from(line));
  log.close();
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('three\n');
  expect(readFileSync(path, 'utf8')).toBe('four\n');
});

it('echoes errors, also those that arrive in pieces, and nothing else', () => {
  const echoed: string[] = [];
  const log = new ChildLog({ path: join(folder, 'api.log'), echo: (line) => echoed.push(line) });
  log.write(Buffer.from('{"level":30,"msg":"fine"}\n{"level":50,"msg":"cannot '));
  log.write(Buffer.from('settle","err":{"message":"no row"}}\nTypeError: x is not a function\n    at y\n'));
  log.close();
  expect(echoed).toEqual(['cannot settle: no row', 'TypeError: x is not a function']);
});
