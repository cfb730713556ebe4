import { afterAll, beforeAll, expect, it } from 'vitest';
import { CertificateWatch } from '#features/sign-in/certificate-watch';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { selfSigned } from '#testing/self-signed';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let control: HotPool;
let owner: HotPool;
let tenantId: string;
let watch: CertificateWatch;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  tenantId = await aTenant(control, 0n);
  watch = new CertificateWatch(control);
});
afterAll(async () => {
  await control.close();
  await owner.close();
  await database.drop();
});

const ending = (days: number) => selfSigned('a provider', new Date(Date.now() + days * DAY_MS)).certificatePem;
const settings = (...days: number[]) => JSON.stringify({ issuer: 'x', ssoUrl: 'https://x.example', certificates: days.map(ending) });

async function aConnection(state: 'draft' | 'optional', ...days: number[]): Promise<string> {
  const [row] = await owner.query<{ id: string }>(
    `INSERT INTO sign_in_connections (tenant_id, id, kind, provider, name, settings, default_role, state)
     VALUES ($1, uuidv7(), 'saml', 'saml', 'A provider', $2, 'viewer', $3) RETURNING id`,
    [tenantId, settings(...days), state],
  );
  return (row as { id: string }).id;
}
const renew = (id: string, ...days: number[]) =>
  owner.query('UPDATE sign_in_connections SET settings = $2 WHERE id = $1', [id, settings(...days)]);
async function warningsOf(id: string): Promise<number[]> {
  const rows = await control.query<{ days: number }>(
    `SELECT (data ->> 'days')::int AS days FROM events WHERE type = 'sign_in.certificate_expiring' AND data ->> 'connectionId' = $1 ORDER BY id`,
    [id],
  );
  return rows.map(({ days }) => days);
}

it('warns thirty days, seven days and one day before, each once, however many look', async () => {
  const id = await aConnection('optional', 29.5);
  await Promise.all([watch.sweep(), new CertificateWatch(control).sweep()]);
  await watch.sweep();
  expect(await warningsOf(id)).toEqual([30]);
  await renew(id, 6.5);
  await watch.sweep();
  await renew(id, 0.5);
  await watch.sweep();
  expect(await warningsOf(id)).toEqual([30, 7, 1]);
});

it('says nothing while another certificate lasts, and of a connection that nobody signs in by', async () => {
  const rolling = await aConnection('optional', 3, 300);
  const draft = await aConnection('draft', 3);
  await watch.sweep();
  expect([await warningsOf(rolling), await warningsOf(draft)]).toEqual([[], []]);
  await renew(rolling, 3);
  await watch.sweep();
  await renew(rolling, 300);
  await watch.sweep();
  expect(await warningsOf(rolling)).toEqual([7]);
});
