import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { RunsService } from '#features/generations/runs.service';
import { admitted, aNode, anOrderBook, aTenant } from '#testing/builders';

const ROOT = '/api/v1/operations';
const reason = 'A test';

let api: ApiUnderTest;
let tenantId: string;
let customer: string;
let first: SignedIn & { memberId: string };
let second: SignedIn;
let nodeId: string;
let poolClass: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 1_000_000_000n);
  customer = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  const platform = await aTenant(api.control, 0n);
  first = await api.aSession(platform, 'operator');
  second = await api.aSession(platform, 'operator');
  nodeId = await aNode(api.control, 2);
  poolClass = await anOrderBook(api.control, { nodes: 2, lanesPerNode: 8 });
});
afterAll(() => api.stop());

type Call = [method: string, path: string, body?: object];

async function aGeneration(): Promise<string> {
  return (await api.call(customer, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox' })).body.id;
}
async function aCompletedOne(): Promise<string> {
  const id = await aGeneration();
  await new RunsService(api.control).settle(await admitted(api.control, { tenantId, id }, `${nodeId}/0`));
  return id;
}
/** What the act before made, for the one that ends it. */
let made: string;
const proposal = (): Call => ['POST', `${ROOT}/proposals`, { act: { does: 'switch', stops: 'submits', scope: 'all' }, reason }];
const cut = () => ({ siteId: poolClass, poolClass, kind: 'maintenance', lanes: 1, startsOn: '2040-01-01', endsOn: '2040-01-02', reason });

/** Every act of operators by its id in the OpenAPI document, in an order in which each is possible. */
const ACTS: Readonly<Record<string, () => Call | Promise<Call>>> = {
  setPlan: () => ['PUT', `/api/v1/plan?tenant=${tenantId}`, { plan: 'plus' }],
  createGrant: () => ['POST', `/api/v1/ledger/grants?tenant=${tenantId}`, { source: 'promotion', amount: '1', reason }],
  adjustCredits: () => ['POST', `/api/v1/ledger/adjustments?tenant=${tenantId}`, { direction: 'give', amount: '1', reason }],
  refundGeneration: async () => ['POST', `/api/v1/ledger/refunds?tenant=${tenantId}`, { generationId: await aCompletedOne(), reason }],
  changeInvoiceSeller: () => ['PATCH', `${ROOT}/invoice-seller`, { name: 'A seller' }],
  cutCapacity: () => ['POST', '/api/v1/capacity/cuts', cut()],
  liftCapacityCut: () => ['POST', `/api/v1/capacity/cuts/${made}/lift`],
  pauseScheduling: () => ['POST', `${ROOT}/pauses`, { tenantId, reason }],
  resumeScheduling: () => ['POST', `${ROOT}/pauses/lift`, { tenantId }],
  reprioritizeGeneration: async () => ['POST', `${ROOT}/generations/${await aGeneration()}/priority`, { tenantId, priority: 1 }],
  moveGeneration: async () => ['POST', `${ROOT}/generations/${await aGeneration()}/move`, { tenantId, poolClass }],
  setSwitch: () => ['POST', `${ROOT}/switches`, { stops: 'webhooks', scope: 'tenant', subject: tenantId, reason }],
  liftSwitch: () => ['POST', `${ROOT}/switches/${made}/lift`],
  propose: proposal,
  declineProposal: () => ['POST', `${ROOT}/proposals/${made}/decline`],
  approveProposal: async () => {
    const [method, path, body] = proposal();
    return ['POST', `${ROOT}/proposals/${(await api.call(second, method, path, body)).body.id}/approve`];
  },
  cordonNode: () => ['POST', `${ROOT}/nodes/${nodeId}/cordon`, { reason }],
  drainNode: () => ['POST', `${ROOT}/nodes/${nodeId}/drain`, { reason }],
  uncordonNode: () => ['POST', `${ROOT}/nodes/${nodeId}/uncordon`, { reason }],
  setPoolTerms: () => ['PATCH', `${ROOT}/pools/halo-1`, { trainsOnInputs: false, reason }],
  openTenant: () => ['POST', `${ROOT}/tenants/${tenantId}/views`, { reason }],
  askWhatIf: () => [
    'POST',
    '/api/v1/simulations',
    { poolClass, changes: [{ change: 'add_nodes', siteId: poolClass, nodes: 1, lanesPerNode: 8 }] },
  ],
};
/** It counts, and writes nothing. */
const LOOKS = ['countTouched'];

interface Described {
  operationId: string;
  security?: { bearer?: string[] }[];
}

it('knows every act of operators', () => {
  const acts = Object.values(api.document().paths)
    .flatMap((methods) => Object.entries(methods as Record<string, Described>))
    .filter(([method, { security }]) => method !== 'get' && security?.some(({ bearer }) => bearer?.[0]?.startsWith('platform:')))
    .map(([, { operationId }]) => operationId);
  expect(acts.toSorted()).toEqual([...Object.keys(ACTS), ...LOOKS].toSorted());
});

it.each(Object.keys(ACTS))('%s is in an audit log with who did it', async (id) => {
  const [method, path, body] = await (ACTS[id] as () => Call | Promise<Call>)();
  const before = new Set((await entries()).map((entry) => entry.id));
  const answer = await api.call(first, method, path, body);
  expect([answer.status, answer.text]).toEqual([expect.toSatisfy((status: number) => status < 300), answer.text]);
  made = answer.body?.id ?? made;
  const written = (await entries()).filter((entry) => !before.has(entry.id));
  expect(written.map(({ actor_id }) => actor_id)).toContain(first.memberId);
});

function entries(): Promise<{ id: string; actor_id: string }[]> {
  return api.control.query('SELECT id, actor_id FROM audit_log');
}
