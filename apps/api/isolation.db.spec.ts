import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { ROLES, type Role, SCOPES_OF_ROLE } from '#core/access/scopes';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let ours: string;
let ourOwner: string;
let theirs: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  ours = await aTenant(api.control, 100_000_000n);
  theirs = await aTenant(api.control, 100_000_000n);
  ourOwner = await api.aKey(ours, SCOPES_OF_ROLE.owner);
});
afterAll(() => api.stop());

interface Route {
  id: string;
  method: string;
  path: string;
  scope: string | undefined;
  takesSession: boolean;
  takesTenant: boolean;
  takesBody: boolean;
}

/** Every operation of the OpenAPI document: what is not in it cannot be called. */
function routes(): Route[] {
  return Object.entries(api.document().paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, Operation>)
      .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(([method, operation]) => ({
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        scope: operation.security?.find(({ bearer }) => bearer)?.bearer?.[0],
        takesSession: operation.security?.some(({ session }) => session) ?? false,
        takesTenant: operation.parameters?.some(({ name }) => name === 'tenant') ?? false,
        takesBody: operation.requestBody !== undefined,
      })),
  );
}
interface Operation {
  operationId: string;
  security?: { bearer?: string[]; session?: string[] }[];
  parameters?: { name: string }[];
  requestBody?: unknown;
}

const urlOf = ({ path }: Route, id: string) => path.replaceAll(/\{[^}]+\}/g, id);

/** What only operators do does not exist for others. */
const isHiddenFrom = (role: Role, { scope }: Route) =>
  scope?.startsWith('platform:') === true && !SCOPES_OF_ROLE[role].some((held) => held.startsWith('platform:'));

/** Fewer than the API has connections: nobody waits for one. */
const CALLS_AT_ONCE = 6;

it('knows who may call what: every role on every route', async () => {
  const table: string[] = [];
  const guarded = routes().filter(({ scope }) => scope);
  for (const role of ROLES) {
    const key = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE[role]);
    const ask = async (route: Route) => {
      const { status, body } = await api.call(key, route.method, urlOf(route, randomUUID()), route.takesBody ? {} : undefined);
      const isRefused = isHiddenFrom(role, route) ? status === 404 : status === 403 && /lacks the scope/.test(body.detail);
      const isAllowed = (SCOPES_OF_ROLE[role] as readonly string[]).includes(route.scope as string);
      if (isRefused === isAllowed || status === 401 || status >= 500) table.push(`${role} ${route.id}: ${status}`);
    };
    for (let at = 0; at < guarded.length; at += CALLS_AT_ONCE) await Promise.all(guarded.slice(at, at + CALLS_AT_ONCE).map(ask));
  }
  expect(table).toEqual([]);
});

it('lets a person do what a key of their role may do, and nothing more: every role on every native route', async () => {
  const table: string[] = [];
  const guarded = routes().filter(({ scope, takesSession }) => scope && takesSession);
  expect(guarded.length).toBeGreaterThan(60);
  for (const role of ROLES) {
    const person = await api.aSession(await aTenant(api.control, 0n), role);
    const ask = async (route: Route) => {
      const { status, body } = await api.call(person, route.method, urlOf(route, randomUUID()), route.takesBody ? {} : undefined);
      const isRefused = isHiddenFrom(role, route) ? status === 404 : status === 403 && /lacks the scope/.test(body.detail);
      const isAllowed = (SCOPES_OF_ROLE[role] as readonly string[]).includes(route.scope as string);
      if (isRefused === isAllowed || status === 401 || status >= 500) table.push(`${role} ${route.id}: ${status}`);
    };
    for (let at = 0; at < guarded.length; at += CALLS_AT_ONCE) await Promise.all(guarded.slice(at, at + CALLS_AT_ONCE).map(ask));
  }
  expect(table).toEqual([]);
});

it('takes no session where only keys belong', async () => {
  const person = await api.aSession(ours, 'owner');
  for (const route of routes().filter(({ scope, takesSession }) => scope && !takesSession)) {
    const { status } = await api.call(person, route.method, urlOf(route, randomUUID()), route.takesBody ? {} : undefined);
    expect([route.id, status]).toEqual([route.id, 401]);
  }
});

it('lets nobody in without a key', async () => {
  for (const route of routes().filter(({ scope }) => scope)) {
    const { status } = await api.call(null, route.method, urlOf(route, randomUUID()), route.takesBody ? {} : undefined);
    expect([route.id, status]).toEqual([route.id, 401]);
  }
});

/** A body that would do, for each route that works on something by its id: a new one has to be added here. */
const BODIES: Readonly<Record<string, unknown>> = {
  updateTenant: { name: 'Ours now' },
  updateProject: { name: 'Ours now' },
  updateSettings: { retentionDays: 1 },
  changeMember: { role: 'viewer' },
  rotateKey: {},
  resizeCommitment: { moreUnits: 8 },
  renewCommitment: { months: 1 },
  decideRows: { state: 'approved', rows: [1] },
  assignRows: { rows: [1], memberId: null },
  addReviewComment: { text: 'Theirs' },
  createShareLink: { name: 'Theirs' },
  changeReviewComment: { resolved: true },
  assignSignInDomain: { connectionId: null },
  changeSignInConnection: { name: 'Ours now' },
  startSignInTest: { returnTo: '/' },
  setSignInProvider: { issuer: 'https://idp.example', ssoUrl: 'https://idp.example/sso', certificates: ['x'] },
  setGroupRoles: { roles: [] },
  rotateDirectoryToken: {},
  transferCommitment: { toTenantId: randomUUID() },
};

it('answers 404 for what belongs to another tenant, whatever is done with it', async () => {
  const theirOwner = await api.aKey(theirs, SCOPES_OF_ROLE.owner);
  const make = async (path: string, body: unknown) => (await api.call(theirOwner, 'POST', path, body)).body.id as string;
  const theirIds = [
    theirs,
    await make('/api/v1/projects', { name: 'Theirs' }),
    await make('/api/v1/members', { email: 'a@example.com', name: 'A', role: 'owner' }),
    await make('/api/v1/keys', { name: 'Theirs', role: 'viewer' }),
    await make('/api/v1/webhooks/endpoints', { url: 'https://example.com/hook' }),
    await make('/api/v1/batches', { matrix: { city: ['Oslo'] }, promptTemplate: '{{city}}', defaults: { model: 'photon-1' } }),
    await make('/dream-machine/v1/generations/image', { prompt: 'a red fox', model: 'photon-1' }),
  ];
  expect(theirIds.every(Boolean)).toBe(true);
  const wrong: string[] = [];
  const withId = routes().filter(
    ({ path, scope }) => path.includes('{') && (SCOPES_OF_ROLE.owner as readonly (string | undefined)[]).includes(scope),
  );
  expect(withId.length).toBeGreaterThan(8);
  for (const route of withId) {
    const unlike = theirIds.map(async (id) => {
      const { status } = await api.call(ourOwner, route.method, urlOf(route, id), route.takesBody ? (BODIES[route.id] ?? {}) : undefined);
      return status === 404 ? [] : [`${route.id} ${route.method} ${urlOf(route, id)}: ${status}`];
    });
    wrong.push(...(await Promise.all(unlike)).flat());
  }
  expect(wrong).toEqual([]);
});

/** What a route must be asked with besides a tenant. */
const QUERIES: Readonly<Record<string, string>> = {
  getUsage: '&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&by=day',
  getCapacityCalendar: '&poolClass=halo-1',
  getUtilization: '&poolClass=halo-1',
  listGuaranteeMisses: '&poolClass=halo-1&month=2026-10',
  getLanes: '&poolClass=halo-1',
  streamLanes: '&poolClass=halo-1',
  getLaneUse: '&poolClass=halo-1',
};

it('answers 404 when another tenant is named that is no brand of ours', async () => {
  for (const route of routes().filter(({ takesTenant, method }) => takesTenant && method === 'GET')) {
    const { status } = await api.call(ourOwner, route.method, `${urlOf(route, randomUUID())}?tenant=${theirs}${QUERIES[route.id] ?? ''}`);
    expect([route.id, status]).toEqual([route.id, 404]);
  }
});

it('lets an agency work on its brand, and the brand not on its agency', async () => {
  const brand = (await api.call(ourOwner, 'POST', '/api/v1/tenants', { name: 'A brand' })).body;
  expect(brand).toMatchObject({ name: 'A brand', parentTenantId: ours });
  const made = await api.call(ourOwner, 'POST', `/api/v1/keys?tenant=${brand.id}`, { name: 'Of the brand', role: 'owner' });
  expect(made.status).toBe(201);
  const brandKey = made.body.key as string;
  expect((await api.call(brandKey, 'GET', `/api/v1/projects?tenant=${ours}`)).status).toBe(404);
  expect((await api.call(brandKey, 'GET', `/api/v1/tenants/${ours}`)).status).toBe(404);
  expect((await api.call(ourOwner, 'GET', '/api/v1/tenants')).body.tenants.map(({ id }: { id: string }) => id)).toContain(brand.id);
  const nested = await api.call(brandKey, 'POST', '/api/v1/tenants', { name: 'A brand of a brand' });
  expect([nested.status, nested.body.detail]).toEqual([403, 'A brand has no brands of its own: there is one level']);
});

it('lets an operator make agencies and reach them, and hand the platform’s scopes to nobody else', async () => {
  const operator = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.operator);
  const agency = (await api.call(operator, 'POST', '/api/v1/tenants', { name: 'New agency' })).body;
  expect(agency).toMatchObject({ parentTenantId: null });
  const own = await api.call(operator, 'POST', `/api/v1/keys?tenant=${agency.id}`, { name: 'First', role: 'owner' });
  expect(own.status).toBe(201);
  expect((await api.call(own.body.key, 'GET', '/api/v1/ledger/balance')).body).toEqual({ availableCredits: '0', reservedCredits: '0' });
  expect((await api.call(operator, 'POST', `/api/v1/keys?tenant=${agency.id}`, { name: 'X', role: 'operator' })).status).toBe(403);
});
