import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import { recordEvents } from '#features/events/events.service';
import { BatchesService } from '#features/ingestion/batches.service';
import { claimBatch, keepClaim, releaseClaim } from '#features/ingestion/claim';
import { claimWebhooks } from '#features/webhooks/claim-webhooks';
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

function switchOff(stops: string, scope: string, subject: string | null): Promise<unknown> {
  return owner.query(`INSERT INTO switches (stops, scope, subject, reason, set_in) VALUES ($1, $2, $3, 'a test', $4)`, [
    ...[stops, scope, subject],
    tenantId,
  ]);
}

it.each([
  { stops: 'ingestion', scope: 'all', whose: null },
  { stops: 'ingestion', scope: 'tenant', whose: 'ours' },
  { stops: 'submits', scope: 'all', whose: null },
])('a batch is not taken up while $stops of $scope are switched off, and is left when that comes', async ({ stops, scope, whose }) => {
  const before = await claimBatch(control);
  expect(before && (await keepClaim(control, before))).toBe(false);
  await switchOff(stops, scope, whose && tenantId);
  expect(before && (await keepClaim(control, before))).toBe(true);
  if (before) await releaseClaim(control, before);
  expect(await claimBatch(control)).toBeUndefined();
  await owner.query('DELETE FROM switches');
  const after = await claimBatch(control);
  expect(after?.tenantId).toBe(tenantId);
  if (after) await releaseClaim(control, after);
});

it('a call is not taken up while its tenant’s webhooks are switched off', async () => {
  const [endpoint] = await owner.query<{ id: string }>(
    `INSERT INTO webhook_endpoints (tenant_id, url, signing) VALUES ($1, 'https://receiver.example/', 'hmac') RETURNING id`,
    [tenantId],
  );
  const endpointId = endpoint?.id as string;
  await control.transaction('tell', [], (tx) => recordEvents(tx, [{ tenantId, type: 'key.revoked', data: { keyId: randomUUID() } }]));
  await owner.query(
    `INSERT INTO webhook_deliveries (tenant_id, endpoint_id, event_id, event_type, sequence, fifo)
     SELECT tenant_id, $2, id, type, 1, false FROM events WHERE tenant_id = $1 LIMIT 1`,
    [tenantId, endpointId],
  );
  await switchOff('webhooks', 'tenant', tenantId);
  const claim = () => claimWebhooks(control, [{ tenantId, endpointId, count: 1, probe: false }], 1);
  expect(await claim()).toEqual([]);
  await owner.query('DELETE FROM switches');
  expect(await claim()).toMatchObject([{ event_type: 'key.revoked' }]);
});

it.each([
  { stops: 'webhooks', scope: 'all', subject: null },
  { stops: 'ingestion', scope: 'tenant', subject: randomUUID() },
])('a switch $stops for $subject holds no batch of ours', async ({ stops, scope, subject }) => {
  await switchOff(stops, scope, subject);
  const claimed = await claimBatch(control);
  expect(claimed?.tenantId).toBe(tenantId);
  if (claimed) await releaseClaim(control, claimed);
  await owner.query('DELETE FROM switches');
});
