import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { ScimProvider } from '#apps/api/testing/scim-provider';
import type { AccessWay, Reacher } from '#contracts/native/access';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
/** Agency with brand Cola, whose project is Spring; a second brand, Tea. */
let agency: string;
let owner: SignedIn & { email: string };
let cola: string;
let tea: string;
let spring: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.listen();
  agency = await aTenant(api.control, 0n);
  owner = await api.aSession(agency, 'owner', 'owner@acme.example');
  const make = async (path: string, body: unknown, tenant = agency) =>
    (await api.call({ ...owner, tenant }, 'POST', path, body)).body.id as string;
  cola = await make('/api/v1/tenants', { name: 'Cola' });
  tea = await make('/api/v1/tenants', { name: 'Tea' });
  spring = await make('/api/v1/projects', { name: 'Spring' }, cola);
  await make('/api/v1/members', { email: 'tim@tea.example', name: 'Tim', role: 'creator' }, tea);
  await make('/api/v1/keys', { name: 'Of the agency', role: 'viewer' });
  await make('/api/v1/keys', { name: 'Of Spring', scopes: ['generations:write'], projectId: spring }, cola);
  await make('/api/v1/keys', { name: 'Of Tea', role: 'creator' }, tea);
  const provider = await ScimProvider.of(api, owner);
  const artists = await provider.group('Artists', await provider.user('ann@acme.example'));
  await provider.user('bob@acme.example');
  await api.call(owner, 'PUT', `/api/v1/directory/groups/${artists}/roles`, { roles: [{ tenantId: cola, role: 'admin' }] });
});
afterAll(() => api.stop());

/** Each as “name: role in place, why”. */
async function told(as: string | SignedIn, query: string): Promise<Record<string, string[]>> {
  const { body } = await api.call(as, 'GET', `/api/v1/access?${query}`);
  const word = (way: AccessWay) =>
    `${way.role ?? way.scopes.join(' ')} in ${way.isEveryBrand ? 'every brand of ' : ''}${way.projectName ?? way.tenantName}: ${[way.reason, ...way.groups].join(' ')}`;
  return Object.fromEntries(
    (body.access as Reacher[]).map(({ name, detail, kind, ways }) => [kind === 'person' ? detail : name, ways.map(word)]),
  );
}

it('names the people of an agency and its brands, with what gave them their roles', async () => {
  expect(await told(owner, 'kind=person')).toEqual({
    'owner@acme.example': ['owner in A tenant: direct', 'owner in every brand of A tenant: agency'],
    'tim@tea.example': ['creator in Tea: direct'],
    'ann@acme.example': ['viewer in A tenant: usual_role', 'viewer in every brand of A tenant: agency', 'admin in Cola: group Artists'],
    'bob@acme.example': ['viewer in A tenant: usual_role', 'viewer in every brand of A tenant: agency'],
  });
});

it('names keys and groups', async () => {
  expect(await told(owner, 'kind=api_key')).toEqual({
    'Of the agency': ['viewer in A tenant: direct', 'viewer in every brand of A tenant: agency'],
    'Of Spring': ['generations:write in Spring: direct'],
    'Of Tea': ['creator in Tea: direct'],
  });
  expect(await told(owner, 'kind=group')).toEqual({ Artists: ['admin in Cola: direct'] });
});

it('says who reaches a brand, or a project of it', async () => {
  expect(await told(owner, `tenant=${tea}`)).toEqual({
    'owner@acme.example': ['owner in Tea: agency'],
    'tim@tea.example': ['creator in Tea: direct'],
    'ann@acme.example': ['viewer in Tea: agency'],
    'bob@acme.example': ['viewer in Tea: agency'],
  });
  expect(await told(owner, `tenant=${cola}&project=${spring}&kind=api_key`)).toEqual({
    'Of the agency': ['viewer in Cola: agency'],
    'Of Spring': ['generations:write in Spring: direct'],
  });
  expect((await api.call(owner, 'GET', `/api/v1/access?tenant=${tea}&project=${spring}`)).status).toBe(404);
});

it('tells a brand that its agency reaches it, and not who', async () => {
  const tom = await api.aSession(tea, 'admin', 'tom@tea.example');
  expect(Object.keys(await told(tom, 'kind=person'))).toEqual(['tim@tea.example', 'tom@tea.example']);
  expect((await api.call(tom, 'GET', '/api/v1/access')).body.hasAgency).toBe(true);
  expect((await api.call({ ...owner, tenant: tea }, 'GET', '/api/v1/access')).body.hasAgency).toBe(false);
  expect((await api.call(tom, 'GET', `/api/v1/access?tenant=${agency}`)).status).toBe(404);
});

it('looks for part of a name or address, and takes no wildcards', async () => {
  expect(Object.keys(await told(owner, 'search=ANN@'))).toEqual(['ann@acme.example']);
  expect(await told(owner, 'search=%25')).toEqual({});
});

it('goes by pages, and as CSV with a line a way', async () => {
  const first = await api.call(owner, 'GET', '/api/v1/access?limit=2&format=csv');
  const next = first.headers['x-halogen-next-cursor'] as string;
  const second = await api.call(owner, 'GET', `/api/v1/access?limit=100&format=csv&after=${next}`);
  expect(second.headers['x-halogen-next-cursor']).toBeUndefined();
  const lines = [...first.text.trim().split('\r\n'), ...second.text.trim().split('\r\n').slice(1)];
  expect(lines.filter((line) => line.includes('ann@acme.example'))).toHaveLength(3);
  expect(lines[0]).toMatch(/^kind,name,detail,tenant,/);
});

it('needs the right to see keys and groups', async () => {
  const key = await api.aKey(agency, ['members:read']);
  expect((await api.call(key, 'GET', '/api/v1/access')).status).toBe(200);
  expect((await api.call(key, 'GET', '/api/v1/access?kind=api_key')).status).toBe(403);
});
