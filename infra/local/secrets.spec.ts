import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rolePassword, secretsOf } from '#infra/local/secrets';

let homeDir: string;
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(homeDir, { recursive: true }));

it('makes secrets once, for the owner of the home only', async () => {
  const secrets = await secretsOf(homeDir);
  expect(await secretsOf(homeDir)).toEqual(secrets);
  expect(statSync(join(homeDir, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(secrets.keys.demo).toMatch(/^luma-[\w-]{43}$/);
  expect(secrets.nodes['local-1']).toMatch(/^node-[\w-]{43}$/);
  expect(new Set(Object.values(secrets.keys)).size).toBe(6);
});

it('gives passwords and a encryption key to a home that was made before there were any', async () => {
  const { passwords: _, encryptionKeys: __, ...before } = await secretsOf(homeDir);
  writeFileSync(join(homeDir, 'secrets.json'), JSON.stringify(before));
  const after = await secretsOf(homeDir);
  expect(after).toMatchObject(before);
  expect(JSON.parse(readFileSync(join(homeDir, 'secrets.json'), 'utf8'))).toEqual(after);
});

it('comes to the same role password in every home on one server', async () => {
  const secrets = await secretsOf(homeDir);
  const elsewhere = { ...secrets, rolePasswordSeed: 'other' };
  const url = 'postgres://owner:secret@127.0.0.1/one';
  expect(rolePassword(url, 'halogen_api', secrets)).toBe(rolePassword(url.replace('one', 'two'), 'halogen_api', elsewhere));
  expect(rolePassword(url, 'halogen_api', secrets)).not.toBe(rolePassword(url, 'halogen_control', secrets));
  expect(rolePassword('postgres://127.0.0.1/one', 'halogen_api', secrets)).not.toBe(
    rolePassword('postgres://127.0.0.1/one', 'halogen_api', elsewhere),
  );
});
