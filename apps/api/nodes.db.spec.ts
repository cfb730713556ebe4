import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { admitted, aNode, aTenant } from '#testing/builders';

const NODES = '/api/v1/operations/nodes';
const reason = 'New pumps';

let api: ApiUnderTest;
let platform: string;
let customer: string;
let operator: string;
let auditor: string;
let nodeId: string;
let jobId: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  const tenantId = await aTenant(api.control, 1_000_000_000n);
  customer = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  platform = await aTenant(api.control, 0n);
  operator = await api.aKey(platform, SCOPES_OF_ROLE.operator);
  auditor = await api.aKey(platform, SCOPES_OF_ROLE.auditor);
  nodeId = await aNode(api.control, 2);
  await aNode(api.control, 1);
  jobId = (await api.call(customer, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox' })).body.id;
  await admitted(api.control, { tenantId, id: jobId }, `${nodeId}/0`);
  await api.control.query(`INSERT INTO node_failures VALUES ($1, 'silent', now() - interval '2 hours', 3), ($1, 'released', now(), 1)`, [
    nodeId,
  ]);
  await api.control.query(`INSERT INTO node_failures VALUES ($1, 'silent', now() - interval '2 days', 9)`, [nodeId]);
  await api.control.query(`UPDATE nodes SET resident_models = '{photon-1,ray-2}', last_heard_at = now() WHERE id = $1`, [nodeId]);
});
afterAll(() => api.stop());

it('lists nodes by page, with their use, what they have loaded and what failed on them in a day', async () => {
  const { body } = await api.call(auditor, 'GET', `${NODES}?poolClass=halo-1&site=a-site`);
  expect(body.nodes).toHaveLength(2);
  expect(body.nodes.find((one: { nodeId: string }) => one.nodeId === nodeId)).toMatchObject({
    siteId: 'a-site',
    state: 'in_service',
    lanes: 2,
    jobs: 1,
    lanesInUse: 1,
    residentModels: ['photon-1', 'ray-2'],
    failures: [
      { cause: 'silent', leases: 3 },
      { cause: 'released', leases: 1 },
    ],
  });
  const [first] = (await api.call(auditor, 'GET', `${NODES}?poolClass=halo-1&limit=1`)).body.nodes;
  const [second] = (await api.call(auditor, 'GET', `${NODES}?poolClass=halo-1&limit=1&after=${first.nodeId}`)).body.nodes;
  expect(second.nodeId > first.nodeId).toBe(true);
});

it('names the jobs of a node, and when it would be empty', async () => {
  const { body } = await api.call(auditor, 'GET', `${NODES}/${nodeId}`);
  expect(body.jobs).toMatchObject([{ generationId: jobId, tenantName: 'A tenant', model: 'photon-1', lanes: 1, isEnded: false }]);
  expect(body.emptyAt).toBe(body.jobs[0].expectedEndAt);
  expect(Date.parse(body.emptyAt)).toBeGreaterThan(Date.parse(body.jobs[0].admittedAt));
  expect((await api.call(auditor, 'GET', `${NODES}/nowhere`)).status).toBe(404);
});

it('cordons, drains and puts back, and writes each into the audit log', async () => {
  const stateOf = async () => (await api.call(auditor, 'GET', `${NODES}/${nodeId}`)).body.node.state;
  for (const [act, state] of [
    ['cordon', 'cordoned'],
    ['drain', 'draining'],
    ['uncordon', 'in_service'],
  ]) {
    expect((await api.call(operator, 'POST', `${NODES}/${nodeId}/${act}`, { reason })).status).toBe(204);
    expect(await stateOf()).toBe(state);
  }
  expect((await api.call(operator, 'POST', `${NODES}/nowhere/drain`, { reason })).status).toBe(404);
  const audited = await api.control.query('SELECT action, target_id, data FROM audit_log WHERE tenant_id = $1 ORDER BY id', [platform]);
  expect(audited).toEqual(
    ['node.cordoned', 'node.drained', 'node.uncordoned'].map((action) => ({ action, target_id: nodeId, data: { reason } })),
  );
});

it('does not exist for customers, and auditors only look', async () => {
  expect((await api.call(customer, 'GET', `${NODES}?poolClass=halo-1`)).status).toBe(404);
  expect((await api.call(customer, 'POST', `${NODES}/${nodeId}/drain`, { reason })).status).toBe(404);
  expect((await api.call(auditor, 'POST', `${NODES}/${nodeId}/drain`, { reason })).status).toBe(403);
});

it('states whether what a pool is sent may be trained on, with the reason in the audit log', async () => {
  const POOLS = '/api/v1/operations/pools';
  const terms = (as: string, pool: string) => api.call(as, 'PATCH', `${POOLS}/${pool}`, { trainsOnInputs: true, reason: 'A new contract' });
  expect((await terms(auditor, 'halo-1')).status).toBe(403);
  expect((await terms(customer, 'halo-1')).status).toBe(404);
  expect((await terms(operator, 'nowhere')).status).toBe(404);
  expect((await terms(operator, 'halo-1')).body).toMatchObject({ poolId: 'halo-1', siteId: 'a-site', nodes: 2, trainsOnInputs: true });
  expect((await api.call(auditor, 'GET', POOLS)).body.pools).toMatchObject([{ poolId: 'halo-1', trainsOnInputs: true }]);
  const { entries } = (await api.call(operator, 'GET', '/api/v1/audit?action=pool.terms_set')).body;
  expect(entries).toMatchObject([{ targetId: 'halo-1', data: { trainsOnInputs: true, reason: 'A new contract' } }]);
});
