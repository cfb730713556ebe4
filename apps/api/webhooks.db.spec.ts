import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { EVENTS } from '#contracts/events/catalogue';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { aTenant } from '#testing/builders';

const ROOT = '/api/v1/webhooks/endpoints';
const url = 'http://127.0.0.1:9/hook';

let api: ApiUnderTest;
let tenantId: string;
let owner: string;

beforeAll(async () => {
  api = await ApiUnderTest.start({ HALOGEN_OUTBOUND_ALLOW: '127.0.0.0/8' });
  tenantId = await aTenant(api.control, 1_000_000_000n);
  owner = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
});
afterAll(() => api.stop());

async function aProjectKey() {
  const project = (await api.call(owner, 'POST', '/api/v1/projects', { name: `P ${Math.random()}` })).body;
  const scopes = ['webhooks:read', 'webhooks:write', 'generations:write'];
  const { key } = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'K', scopes, projectId: project.id })).body;
  return { projectId: project.id as string, key: key as string };
}

it('keeps secrets and header values so that the tables give nothing away', async () => {
  const { body } = await api.call(owner, 'POST', ROOT, { url, headers: { authorization: 'Bearer of the receiver' } });
  await api.call(owner, 'POST', `${ROOT}/${body.id}/rotate-secret`);
  await api.call(owner, 'PATCH', `${ROOT}/${body.id}`, { headers: { authorization: 'another of the receiver' } });
  const rows = await api.control.query<{ secret: string }>(
    `SELECT e.headers, s.secret FROM webhook_endpoints e JOIN webhook_secrets s ON s.endpoint_id = e.id WHERE e.id = $1`,
    [body.id],
  );
  expect(rows).toHaveLength(2);
  expect(rows.every(({ secret }) => secret.startsWith('encrypted.1.test.'))).toBe(true);
  expect(JSON.stringify(rows)).not.toMatch(/whsec_|of the receiver/);
});

it('lets a key of a project have endpoints of that project only', async () => {
  const [{ projectId, key }, other] = [await aProjectKey(), await aProjectKey()];
  const { body: all } = await api.call(owner, 'POST', ROOT, { url });
  const { body: mine } = await api.call(key, 'POST', ROOT, { url });
  expect([all.projectId, mine.projectId]).toEqual([null, projectId]);
  expect((await api.call(key, 'POST', ROOT, { url, projectId: other.projectId })).status).toBe(404);
  expect((await api.call(owner, 'POST', ROOT, { url, projectId: randomUUID() })).status).toBe(404);
  expect((await api.call(owner, 'POST', ROOT, { url, projectId })).body.projectId).toBe(projectId);

  const seen = async (by: string) => (await api.call(by, 'GET', ROOT)).body.endpoints.map(({ id }: { id: string }) => id);
  expect(await seen(other.key)).toEqual([]);
  expect(await seen(key)).toContain(mine.id);
  expect(await seen(key)).not.toContain(all.id);
  expect(await seen(owner)).toEqual(expect.arrayContaining([all.id, mine.id]));
  for (const [method, route] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/rotate-secret'],
    ['POST', '/disable'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/replay'],
  ] as const)
    expect((await api.call(key, method, `${ROOT}/${all.id}${route}`, method === 'GET' ? undefined : {})).status).toBe(404);
});

it('says of which project a generation’s events are', async () => {
  const { projectId, key } = await aProjectKey();
  await api.call(key, 'POST', ROOT, { url });
  const { body } = await api.call(key, 'POST', '/dream-machine/v1/generations/image', { prompt: 'a red fox', model: 'photon-1' });
  const events = await api.control.query(`SELECT type, project_id FROM events WHERE data ->> 'generationId' = $1`, [body.id]);
  expect(events).toEqual([{ type: 'generation.queued', project_id: projectId }]);
});

it('tests with any type of event, and asks for what is missing without a state', async () => {
  const { body: endpoint } = await api.call(owner, 'POST', ROOT, { url });
  expect((await api.call(owner, 'POST', `${ROOT}/${endpoint.id}/test`)).status).toBe(202);
  expect((await api.call(owner, 'POST', `${ROOT}/${endpoint.id}/test`, { eventType: 'batch.completed' })).status).toBe(202);
  expect((await api.call(owner, 'POST', `${ROOT}/${endpoint.id}/test`, { eventType: 'no.such' })).status).toBe(422);
  expect((await api.call(owner, 'POST', `${ROOT}/${endpoint.id}/replay`, { missing: true, state: 'pending' })).status).toBe(422);
  await api.call(owner, 'POST', `${ROOT}/${endpoint.id}/disable`);
  expect((await api.call(owner, 'POST', `${ROOT}/${endpoint.id}/replay`, { missing: true })).status).toBe(409);
});

it('takes times that Postgres has no text for', async () => {
  const { body: endpoint } = await api.call(owner, 'POST', ROOT, { url });
  const none = { to: '0000-01-01T00:00:00Z' };
  expect((await api.call(owner, 'GET', `${ROOT}/${endpoint.id}/deliveries?${new URLSearchParams(none)}`)).body.deliveries).toEqual([]);
  for (const missing of [false, true]) {
    const replayed = await api.call(owner, 'POST', `${ROOT}/${endpoint.id}/replay`, { ...none, missing });
    expect(replayed).toMatchObject({ status: 202, body: { replayed: 0 } });
  }
});

it('has a catalogue of every event, with when it is told and a sample of its data', async () => {
  const { body } = await api.call(owner, 'GET', '/api/v1/webhooks/event-types');
  expect(body.eventTypes.map(({ type }: { type: string }) => type)).toEqual(Object.keys(EVENTS));
  expect(body.eventTypes).toContainEqual({
    type: 'key.revoked',
    summary: 'An API key was revoked.',
    sample: { keyId: '00000000-0000-7000-8000-000000000000' },
  });
});
