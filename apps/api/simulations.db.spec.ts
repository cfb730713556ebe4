import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { anOrderBook, aTenant } from '#testing/builders';

const PATH = '/api/v1/simulations';

let api: ApiUnderTest;
let customer: string;
let operator: string;
let auditor: string;
let poolClass: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  customer = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.owner);
  const platform = await aTenant(api.control, 0n);
  operator = await api.aKey(platform, SCOPES_OF_ROLE.operator);
  auditor = await api.aKey(platform, SCOPES_OF_ROLE.auditor);
  poolClass = await anOrderBook(api.control, { nodes: 2, lanesPerNode: 8 });
});
afterAll(() => api.stop());

const changes = [{ change: 'lose_site', siteId: 'north' }];

it('takes what operators ask, and tells how far it is', async () => {
  const { status, body } = await api.call(operator, 'POST', PATH, { poolClass, changes });
  expect(status).toBe(202);
  expect(body).toMatchObject({ poolClass, changes, state: 'waiting', progress: 0, result: null });
  expect((await api.call(auditor, 'GET', `${PATH}/${body.id}`)).body).toEqual(body);
  expect((await api.call(auditor, 'GET', PATH)).body.simulations).toEqual([body]);
  const stream = await api.call(auditor, 'GET', `${PATH}/${body.id}/events`);
  expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
});

it('is for operators alone, and looking is for auditors too', async () => {
  expect((await api.call(customer, 'POST', PATH, { poolClass, changes })).status).toBe(404);
  expect((await api.call(auditor, 'POST', PATH, { poolClass, changes })).status).toBe(403);
  expect((await api.call(customer, 'GET', PATH)).status).toBe(404);
});

it('refuses what nobody can replay, and more than wait their turn', async () => {
  expect((await api.call(operator, 'POST', PATH, { poolClass: 'nowhere', changes })).status).toBe(404);
  expect((await api.call(operator, 'POST', PATH, { poolClass, changes: [] })).status).toBe(422);
  expect((await api.call(operator, 'POST', PATH, { poolClass, changes: [{ change: 'add_nodes', nodes: 1 }] })).status).toBe(422);
  expect((await api.call(auditor, 'GET', `${PATH}/${randomUUID()}`)).status).toBe(404);
  const statuses: number[] = [];
  for (let at = 0; at < 20; at += 1) statuses.push((await api.call(operator, 'POST', PATH, { poolClass, changes })).status);
  expect(statuses.slice(0, 19)).toEqual(Array(19).fill(202));
  expect(statuses[19]).toBe(409);
});
