import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let tenantId: string;
let owner: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 100_000_000n);
  owner = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
});
afterAll(() => api.stop());

it('keeps a project’s defaults and budget, with training off unless asked for', async () => {
  const made = await api.call(owner, 'POST', '/api/v1/projects', { name: 'Spring', monthlyBudget: '12.5', allowedModels: ['ray-2'] });
  expect(made.body).toMatchObject({
    serviceTier: null,
    monthlyBudget: '12.5',
    noTraining: true,
    retentionDays: 30,
    usedThisMonth: '0',
  });
  const changed = await api.call(owner, 'PATCH', `/api/v1/projects/${made.body.id}`, { monthlyBudget: null, budgetEnforcement: 'warn' });
  expect(changed.body).toMatchObject({ monthlyBudget: null, budgetEnforcement: 'warn', allowedModels: ['ray-2'] });
  expect((await api.call(owner, 'POST', '/api/v1/projects', { name: 'Spring' })).status).toBe(409);
});

it('keeps the last owner', async () => {
  const add = (email: string, role: string) => api.call(owner, 'POST', '/api/v1/members', { email, name: 'A person', role });
  const first = (await add('First@example.com', 'owner')).body;
  expect(first.email).toBe('first@example.com');
  expect((await add('first@example.com', 'viewer')).status).toBe(409);
  expect((await api.call(owner, 'DELETE', `/api/v1/members/${first.id}`)).status).toBe(409);
  await add('second@example.com', 'owner');
  expect((await api.call(owner, 'DELETE', `/api/v1/members/${first.id}`)).status).toBe(204);
  expect((await api.call(owner, 'GET', '/api/v1/members')).body.members).toMatchObject([{ email: 'second@example.com' }]);
});

it('ends with a membership the keys that the member made, in brands too, and says so in the audit log', async () => {
  const agency = await aTenant(api.control, 0n);
  const boss = await api.aSession(agency, 'owner', 'boss@agency.example');
  const leaver = await api.aSession(agency, 'admin', 'leaver@agency.example');
  const brand = (await api.call(boss, 'POST', '/api/v1/tenants', { name: 'A brand' })).body.id as string;
  const keyOf = async (by: SignedIn, tenant = agency) =>
    (await api.call({ ...by, tenant }, 'POST', '/api/v1/keys', { name: 'A robot', role: 'viewer' })).body;
  const [own, inBrand, ofBoss] = [await keyOf(leaver), await keyOf(leaver, brand), await keyOf(boss)];
  const answer = async ({ key }: { key: string }) => (await api.call(key, 'GET', '/api/v1/projects')).status;
  expect([await answer(own), await answer(inBrand), await answer(ofBoss)]).toEqual([200, 200, 200]);

  const { members } = (await api.call(boss, 'GET', '/api/v1/members')).body as { members: { id: string; email: string }[] };
  const left = members.find(({ email }) => email === leaver.email)?.id;
  expect((await api.call(boss, 'DELETE', `/api/v1/members/${left}`)).status).toBe(204);
  for (const key of [own, inBrand]) await expect.poll(() => answer(key)).toBe(401); // remembered for seconds
  expect(await answer(ofBoss)).toBe(200);
  const told = await api.control.query(
    `SELECT tenant_id, action, target_id FROM audit_log WHERE tenant_id IN ($1, $2) AND action IN ('member.removed', 'key.revoked')`,
    [agency, brand],
  );
  expect(told).toHaveLength(3);
  expect(told).toEqual(
    expect.arrayContaining([
      { tenant_id: agency, action: 'member.removed', target_id: left },
      { tenant_id: agency, action: 'key.revoked', target_id: own.id },
      { tenant_id: brand, action: 'key.revoked', target_id: inBrand.id },
    ]),
  );
});

it('lets nobody give a role or a scope that they lack', async () => {
  const admin = await api.aKey(tenantId, SCOPES_OF_ROLE.admin);
  expect((await api.call(admin, 'POST', '/api/v1/members', { email: 'o@example.com', name: 'O', role: 'owner' })).status).toBe(403);
  expect((await api.call(admin, 'POST', '/api/v1/keys', { name: 'K', scopes: ['billing:write'] })).status).toBe(403);
  expect((await api.call(admin, 'POST', '/api/v1/keys', { name: 'K', scopes: ['ledger:read'] })).status).toBe(201);
});

it('shows a key once, lets both work while they overlap, and takes no revoked one', async () => {
  const made = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'Robot', scopes: ['ledger:read'], monthlyCap: '10' })).body;
  const listed = await api.call(owner, 'GET', '/api/v1/keys');
  expect(listed.text).not.toContain(made.key);
  expect(listed.body.keys.find(({ id }: { id: string }) => id === made.id)).toMatchObject({
    prefix: made.key.slice(0, 12),
    monthlyCap: '10',
  });
  const rotated = (await api.call(owner, 'POST', `/api/v1/keys/${made.id}/rotate`, { overlapSeconds: 600 })).body;
  expect(rotated).toMatchObject({ replacesKeyId: made.id, scopes: ['ledger:read'], monthlyCap: '10' });
  for (const key of [made.key, rotated.key]) expect((await api.call(key, 'GET', '/api/v1/ledger/balance')).status).toBe(200);
  expect((await api.call(owner, 'DELETE', `/api/v1/keys/${rotated.id}`)).status).toBe(204);
  expect((await api.call(owner, 'DELETE', `/api/v1/keys/${rotated.id}`)).status).toBe(404);
  const never = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'Never used', scopes: ['ledger:read'] })).body;
  await api.call(owner, 'DELETE', `/api/v1/keys/${never.id}`);
  expect((await api.call(never.key, 'GET', '/api/v1/ledger/balance')).status).toBe(401);
});

it('shows the audit log newest first, by family and by who acted', async () => {
  const project = (await api.call(owner, 'POST', '/api/v1/projects', { name: 'Audited project' })).body;
  const key = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'Later', scopes: ['ledger:read'] })).body;
  const list = async (query: string) =>
    (await api.call(owner, 'GET', `/api/v1/audit?${query}`)).body.entries as {
      id: string;
      action: string;
      targetId: string;
      actor: { id: string };
    }[];
  const [newest, before] = await list('order=newest&limit=2');
  expect([newest?.targetId, before?.targetId]).toEqual([key.id, project.id]);
  expect(await list(`order=newest&limit=1&after=${newest?.id}`)).toEqual([before]);
  expect((await list('order=newest&action=project.*&limit=1'))[0]?.targetId).toBe(project.id);
  expect(await list(`actor=${newest?.actor.id}&limit=1`)).toHaveLength(1);
  expect(await list('actor=somebody')).toEqual([]);
  expect(await list('from=2100-01-01T00:00:00Z')).toEqual([]);
  expect(await list('to=0000-01-01T00:00:00Z')).toEqual([]); // a year that Postgres has no text for
  const archive = await api.call(owner, 'GET', '/api/v1/audit?format=jsonl&limit=1');
  expect(archive.headers['x-halogen-next-cursor']).toBe((JSON.parse(archive.text) as { id: string }).id);
});

it('writes what was done into the audit log, without any key', async () => {
  const made = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'Audited', scopes: ['ledger:read'] })).body;
  const rows = await api.control.query<{ action: string; data: unknown }>(
    'SELECT action, data FROM audit_log WHERE tenant_id = $1 AND target_id = $2',
    [tenantId, made.id],
  );
  expect(rows).toEqual([{ action: 'key.created', data: { name: 'Audited', scopes: ['ledger:read'] } }]);
});
