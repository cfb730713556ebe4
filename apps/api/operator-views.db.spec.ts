import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { aTenant } from '#testing/builders';

const TENANTS = '/api/v1/operations/tenants';
const reason = 'Ticket 4711: renders are late';

let api: ApiUnderTest;
let tenantId: string;
let customer: string;
let auditor: string;
let otherAuditor: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 1_000_000_000n);
  customer = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  const platform = await aTenant(api.control, 0n);
  auditor = await api.aKey(platform, SCOPES_OF_ROLE.auditor);
  otherAuditor = await api.aKey(platform, SCOPES_OF_ROLE.auditor);
});
afterAll(() => api.stop());

const view = (key: string, id = tenantId) => api.call(key, 'GET', `${TENANTS}/${id}`);

it('opens a tenant only with a reason, for who asked, and shows no prompt', async () => {
  expect((await view(auditor)).status).toBe(403);
  expect((await api.call(auditor, 'POST', `${TENANTS}/${tenantId}/views`, { reason: ' ' })).status).toBe(422);
  const opened = await api.call(auditor, 'POST', `${TENANTS}/${tenantId}/views`, { reason });
  expect(opened.body).toMatchObject({ reason });
  expect(Date.parse(opened.body.endsAt) - Date.parse(opened.body.openedAt)).toBe(3_600_000);

  const id = (await api.call(customer, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a secret fox' })).body.id;
  await api.control.query(`UPDATE generations SET state = 'failed', failure_reason = 'Job failed: no node could run it' WHERE id = $1`, [
    id,
  ]);
  const { body, text } = await view(auditor);
  expect(body).toMatchObject({
    id: tenantId,
    limitPlan: 'scale',
    limits: [],
    availableCredits: '995',
    reservedCredits: '5',
    incidents: [{ kind: 'failed', detail: '1 × Job failed: no node could run it' }],
    generations: [{ id, state: 'failed' }],
  });
  expect(text).not.toContain('secret');
  expect((await view(otherAuditor)).status).toBe(403);
});

it('is seen by the tenant, in its audit log and as a notice', async () => {
  const { views } = (await api.call(customer, 'GET', '/api/v1/operator-views')).body;
  expect(views).toMatchObject([{ reason }]);
  const { entries } = (await api.call(customer, 'GET', '/api/v1/audit?action=operator.*')).body;
  expect(entries).toMatchObject([{ action: 'operator.viewed', data: { reason } }]);
  const stranger = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.owner);
  expect((await api.call(stranger, 'GET', '/api/v1/operator-views')).body).toEqual({ views: [] });
});

it('does not exist for customers, nor for a tenant that is none', async () => {
  expect((await view(customer)).status).toBe(404);
  expect((await api.call(customer, 'POST', `${TENANTS}/${tenantId}/views`, { reason })).status).toBe(404);
  expect((await api.call(auditor, 'POST', `${TENANTS}/${crypto.randomUUID()}/views`, { reason })).status).toBe(404);
});
