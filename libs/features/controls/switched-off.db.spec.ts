import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import { BatchesService } from '#features/ingestion/batches.service';
import { claimBatch, keepClaim, releaseClaim } from '#features/ingestion/claim';
import { HotPool } from '#platform/database/hot-pool';
import { LocalFolder } from '#platform/storage/local-folder';
import { aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let owner: HotPool;
let api: HotPool;
let control: HotPool;
let folder: string;
let tenantId: string;

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 1 });
  api = new HotPool({ url: database.apiUrl, applicationName: 'test', maxConnections: 1 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test', maxConnections: 1 });
  folder = await mkdtemp(path.join(tmpdir(), 'halogen-switched-off-'));
  tenantId = await aTenant(control, 0n);
  const caller = { tenantId, apiKeyId: randomUUID(), scopes: [], limitPlan: 'any', project: null };
  const content = Readable.from([JSON.stringify({ model: 'photon-1', prompt: 'a red fox' })]);
  const source = { format: 'ndjson', isGzip: false, content } as const;
  const created = await new BatchesService(api, new LocalFolder(folder)).create(caller, BatchOptions.parse({}), source);
  if ('refused' in created) throw new Error(created.detail);
});
afterAll(async () => {
  await Promise.all([owner, api, control].map((pool) => pool?.close()));
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  { stops: 'ingestion', scope: 'all', whose: null },
  { stops: 'ingestion', scope: 'tenant', whose: 'ours' },
  { stops: 'submits', scope: 'all', whose: null },
])('a batch is not taken up while $stops of $scope are switched off, and is left when that comes', async ({ stops, scope, whose }) => {
  const before = await claimBatch(control);
  expect(before && (await keepClaim(control, before))).toBe(false);
  await owner.query('INSERT INTO switches (stops, scope, subject, reason, set_in) VALUES ($1, $2, $3, $4, $5)', [
    ...[stops, scope, whose && tenantId],
    ...['a test', tenantId],
  ]);
  expect(before && (await keepClaim(control, before))).toBe(true);
  if (before) await releaseClaim(control, before);
  expect(await claimBatch(control)).toBeUndefined();
  await owner.query('DELETE FROM switches');
  const after = await claimBatch(control);
  expect(after?.tenantId).toBe(tenantId);
  if (after) await releaseClaim(control, after);
});

it.each([
  { stops: 'webhooks', scope: 'all', subject: null },
  { stops: 'ingestion', scope: 'tenant', subject: randomUUID() },
])('a switch $stops for $subject holds no batch of ours', async ({ stops, scope, subject }) => {
  await owner.query('INSERT INTO switches (stops, scope, subject, reason, set_in) VALUES ($1, $2, $3, $4, $5)', [
    ...[stops, scope, subject],
    ...['a test', tenantId],
  ]);
  const claimed = await claimBatch(control);
  expect(claimed?.tenantId).toBe(tenantId);
  if (claimed) await releaseClaim(control, claimed);
  await owner.query('DELETE FROM switches');
});
