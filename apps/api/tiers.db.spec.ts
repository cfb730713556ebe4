import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import type { LeaseRef } from '#core/generations/lease';
import { RunsService } from '#features/generations/runs.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { admitted, aNode, aTenant, someUnits } from '#testing/builders';

const GENERATIONS = '/api/v1/generations';
/** What one image costs. */
const FIVE_CREDITS = 5_000_000n;

let api: ApiUnderTest;
let nodeId: string;
let lane = 0;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  nodeId = await aNode(api.control, 20);
});
afterAll(async () => {
  expect(await ledgerDifferences(api.control)).toEqual([]);
  await api.stop();
});

async function aCustomer(credits: bigint, units = 0) {
  const tenantId = await aTenant(api.control, credits);
  if (units > 0) await someUnits(api.control, tenantId, 'halo-1', units);
  return { tenantId, key: await api.aKey(tenantId, SCOPES_OF_ROLE.owner) };
}
const create = (key: string, more: object = {}) => api.call(key, 'POST', GENERATIONS, { model: 'photon-1', prompt: 'a red fox', ...more });

/** Runs it on a lane of that kind to its end. */
async function settled(tenantId: string, id: string, servedFrom: 'own' | 'lent' | 'shared'): Promise<void> {
  const lease: LeaseRef = await admitted(api.control, { tenantId, id }, `${nodeId}/${lane++}`);
  await api.control.query('UPDATE leases SET served_from = $2 WHERE generation_id = $1', [id, servedFrom]);
  expect(await new RunsService(api.control).settle(lease)).toBe('completed');
}

it('reserves nothing for dedicated work, which needs no credits', async () => {
  const { tenantId, key } = await aCustomer(0n, 8);
  const { status, body } = await create(key, { serviceTier: 'dedicated' });
  expect([status, body.serviceTier, body.cost.priceCredits]).toEqual([201, 'dedicated', '0']);
  await settled(tenantId, body.id, 'own');
  expect(await api.control.query('SELECT 1 FROM transfers WHERE generation_id = $1', [body.id])).toEqual([]);
  expect((await api.call(key, 'GET', `${GENERATIONS}/${body.id}`)).body).toMatchObject({ state: 'completed', servedFrom: 'own' });
});

it('refuses dedicated work that no unit could ever serve, and says what would help', async () => {
  const { key } = await aCustomer(10n * FIVE_CREDITS);
  const { status, body } = await create(key, { serviceTier: 'dedicated' });
  expect([status, body.type]).toEqual([409, 'urn:halogen:problem:no_units']);
  expect(body.detail).toContain('spillover');
  // Units of another pool class are none of this one.
  const elsewhere = await aCustomer(10n * FIVE_CREDITS);
  await someUnits(api.control, elsewhere.tenantId, 'elsewhere', 8);
  expect((await create(elsewhere.key, { serviceTier: 'dedicated' })).status).toBe(409);
});

it.each([
  { servedFrom: 'own', settledCredits: '0', releasedCredits: '5' },
  { servedFrom: 'lent', settledCredits: '5', releasedCredits: '0' },
  { servedFrom: 'shared', settledCredits: '5', releasedCredits: '0' },
] as const)('spillover served from $servedFrom settles $settledCredits', async ({ servedFrom, settledCredits, releasedCredits }) => {
  const { tenantId, key } = await aCustomer(FIVE_CREDITS, 8);
  const { body } = await create(key, { serviceTier: 'spillover' });
  expect(body.cost.reservedCredits).toBe('5');
  await settled(tenantId, body.id, servedFrom);
  const after = (await api.call(key, 'GET', `${GENERATIONS}/${body.id}`)).body;
  expect(after).toMatchObject({ state: 'completed', servedFrom: servedFrom });
  expect(after.cost).toMatchObject({ reservedCredits: '0', settledCredits: settledCredits, releasedCredits: releasedCredits });
});

it('gives back to the month’s budget what own units have served', async () => {
  const { tenantId, key } = await aCustomer(10n * FIVE_CREDITS, 8);
  const project = (await api.call(key, 'POST', '/api/v1/projects', { name: 'A campaign', monthlyBudget: '100' })).body;
  const made = (await api.call(key, 'POST', '/api/v1/keys', { name: 'Its key', role: 'creator', projectId: project.id })).body;
  const { body } = await create(made.key, { serviceTier: 'spillover' });
  const used = async () => (await api.call(key, 'GET', `/api/v1/projects/${project.id}`)).body.usedThisMonth;
  expect(await used()).toBe('5');
  await settled(tenantId, body.id, 'own');
  expect(await used()).toBe('0');
});

it('names the tier that would be accepted where credits are missing', async () => {
  const withUnits = await aCustomer(1n, 8);
  const spillover = await create(withUnits.key, { serviceTier: 'spillover' });
  expect(spillover).toMatchObject({ status: 402, body: { acceptedTier: 'dedicated' } });
  expect((await create(withUnits.key, { serviceTier: spillover.body.acceptedTier })).status).toBe(201);

  const half = await aCustomer(FIVE_CREDITS / 2n);
  const shared = await create(half.key, { serviceTier: 'shared' });
  expect(shared).toMatchObject({ status: 402, body: { acceptedTier: 'flex' } });
  const flex = await create(half.key, { serviceTier: 'flex' });
  expect([flex.status, flex.body.cost.priceCredits]).toEqual([201, '2.5']);
  expect((await create((await aCustomer(1n)).key)).body).not.toHaveProperty('acceptedTier');
});

it('quotes each tier at its price', async () => {
  const { key } = await aCustomer(0n);
  const priceOf = async (serviceTier: string) =>
    (await api.call(key, 'POST', `${GENERATIONS}/quote`, { model: 'photon-1', prompt: 'a red fox', serviceTier })).body.priceCredits;
  expect(await Promise.all(['dedicated', 'spillover', 'shared', 'flex'].map(priceOf))).toEqual(['0', '5', '5', '2.5']);
});

it('takes the tier of the request, else of the key, else of its project, else of the tenant', async () => {
  const { tenantId, key } = await aCustomer(100n * FIVE_CREDITS, 8);
  expect((await api.call(key, 'PATCH', `/api/v1/tenants/${tenantId}`, { serviceTier: 'flex' })).body.serviceTier).toBe('flex');
  const keyOf = async (more: object) => (await api.call(key, 'POST', '/api/v1/keys', { name: 'A key', role: 'creator', ...more })).body.key;
  const plain = (await api.call(key, 'POST', '/api/v1/projects', { name: 'Plain' })).body;
  const reserved = (await api.call(key, 'POST', '/api/v1/projects', { name: 'Reserved', serviceTier: 'dedicated' })).body;
  const tierOf = async (asking: string, more = {}) => (await create(asking, more)).body.serviceTier;

  expect(await tierOf(await keyOf({}))).toBe('flex');
  expect(await tierOf(await keyOf({ projectId: plain.id }))).toBe('flex');
  expect(await tierOf(await keyOf({ projectId: reserved.id }))).toBe('dedicated');
  const spilling = await keyOf({ projectId: reserved.id, serviceTier: 'spillover' });
  expect(await tierOf(spilling)).toBe('spillover');
  expect(await tierOf(spilling, { serviceTier: 'shared' })).toBe('shared');
});

it('takes the tier of a Dream Machine request from its header', async () => {
  const { key } = await aCustomer(100n * FIVE_CREDITS, 8);
  const ask = (tier: string) =>
    api.call(key, 'POST', '/dream-machine/v1/generations/image', { prompt: 'a red fox', model: 'photon-1' }, { 'x-halogen-tier': tier });
  const made = await ask('dedicated');
  expect(made.status).toBe(201);
  expect(made.headers).toMatchObject({ 'x-halogen-tier': 'dedicated', 'x-halogen-estimated-burn-lane-ms': expect.stringMatching(/^\d+$/) });
  expect((await api.call(key, 'GET', `${GENERATIONS}/${made.body.id}`)).body.serviceTier).toBe('dedicated');
  const unknown = await ask('express');
  expect(unknown.status).toBe(400);
  expect(unknown.body.detail).toContain('dedicated, spillover, shared, flex');
  // Its body cannot say it, so the header is part of what was asked for.
  const once = (tier: string) =>
    api.call(
      key,
      'POST',
      '/dream-machine/v1/generations/image',
      { prompt: 'once', model: 'photon-1' },
      { 'x-halogen-tier': tier, 'idempotency-key': 'k' },
    );
  expect([(await once('flex')).status, (await once('flex')).status, (await once('shared')).status]).toEqual([201, 201, 422]);
});
