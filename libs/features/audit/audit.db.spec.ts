import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordAudit } from '#features/audit/audit.service';
import { auditBreaks } from '#features/audit/audit-chain.service';
import { AuditSealer } from '#features/audit/audit-sealer.service';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let control: HotPool;
let owner: HotPool;
let sealer: AuditSealer;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  sealer = new AuditSealer(control);
});
afterAll(async () => {
  await control.close();
  await owner.close();
  await database.drop();
});

async function aLog(entries: number): Promise<string> {
  const tenantId = await aTenant(control, 0n);
  for (let at = 0; at < entries; at += 1) await write(tenantId, `thing.${at}`);
  return tenantId;
}
function write(tenantId: string, action: string): Promise<void> {
  const entry = { tenantId, actor: { kind: 'system', id: 'test' }, action, data: { note: 'ü "quoted"' } } as const;
  return control.transaction('audit', [], (tx) => recordAudit(tx, [entry]));
}
const breaks = () => control.transaction('verify', [], auditBreaks);

/** As somebody with the owner's rights might, who knows of the trigger. */
async function tamper(sql: string, parameters: unknown[]): Promise<void> {
  await owner.transaction('tamper', [], async (tx) => {
    await tx.query(`SET LOCAL session_replication_role = 'replica'`);
    await tx.query(sql, parameters);
  });
}

it('seals every entry once, however many sealers run', async () => {
  const tenantId = await aLog(5);
  await Promise.all([sealer.sweep(), new AuditSealer(control).sweep(), write(tenantId, 'meanwhile')]);
  await sealer.sweep();
  const rows = await control.query('SELECT sequence::int FROM audit_seals WHERE tenant_id = $1 ORDER BY sequence', [tenantId]);
  expect(rows).toEqual([1, 2, 3, 4, 5, 6].map((sequence) => ({ sequence })));
  expect(await breaks()).toEqual([]);
});

it('refuses every change of what was written', async () => {
  await aLog(1);
  for (const sql of [
    `UPDATE audit_log SET action = 'x'`,
    'DELETE FROM audit_log',
    'TRUNCATE audit_log CASCADE',
    'DELETE FROM audit_seals',
  ]) {
    await expect(owner.query(sql)).rejects.toThrow('append-only');
  }
});

it.each([
  {
    what: 'an entry that was changed',
    sql: `UPDATE audit_log SET action = 'other' WHERE tenant_id = $1 AND action = 'thing.1'`,
    says: 'not what was sealed',
  },
  { what: 'a seal that is gone', sql: 'DELETE FROM audit_seals WHERE tenant_id = $1 AND sequence = 2', says: 'missing' },
  { what: 'an end that was cut off', sql: 'DELETE FROM audit_seals WHERE tenant_id = $1 AND sequence = 3', says: 'its head says 3' },
  { what: 'a head that was set back', sql: 'UPDATE audit_heads SET sequence = 2 WHERE tenant_id = $1', says: 'its head says 2' },
  { what: 'an entry that slipped in', sql: 'DELETE FROM audit_pending WHERE tenant_id = $1', says: 'neither sealed nor waiting' },
])('finds $what', async ({ sql, says }) => {
  const tenantId = await aLog(3);
  await sealer.sweep();
  await write(tenantId, 'unsealed');
  await tamper(sql, [tenantId]);
  const found = (await breaks()).filter((line) => line.includes(tenantId));
  expect(found.join('\n')).toContain(says);
});

it('lets a tenant write into no other’s log', async () => {
  const [ours, theirs] = [await aTenant(control, 0n), await aTenant(control, 0n)];
  const api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 1 });
  const entry = { tenantId: theirs, actor: { kind: 'api_key', id: randomUUID(), tenantId: ours }, action: 'x' } as const;
  await expect(api.transaction('write', [ours], (tx) => recordAudit(tx, [entry]))).rejects.toThrow('row-level security');
  await api.close();
});
