import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { ScimProvider } from '#apps/api/testing/scim-provider';
import { GROUP, USER } from '#core/directory/attributes';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let origin: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  origin = await api.listen();
});
afterAll(() => api.stop());

/** An agency of its own with a directory: what one test does with roles is no matter of another's. */
async function anAgency() {
  const tenantId = await aTenant(api.control, 0n);
  const owner = await api.aSession(tenantId, 'owner');
  const provider = await ScimProvider.of(api, owner);
  const setRoles = (groupId: string, ...roles: { tenantId: string; role: string }[]) =>
    api.call(owner, 'PUT', `/api/v1/directory/groups/${groupId}/roles`, { roles });
  const rolesIn = async (tenant: string) => {
    const { members } = (await api.call({ ...owner, tenant }, 'GET', '/api/v1/members')).body;
    return Object.fromEntries(members.map(({ email, role }: { email: string; role: string }) => [email, role]));
  };
  return { tenantId, owner, provider, setRoles, rolesIn };
}

async function aBrand(owner: SignedIn): Promise<string> {
  return (await api.call(owner, 'POST', '/api/v1/tenants', { name: 'A brand' })).body.id;
}

const DEACTIVATED = { op: 'Replace', path: 'active', value: 'False' }; // as Entra writes it

it('gives people the roles of their groups, in the agency and in brands, and takes them away', async () => {
  const { tenantId, owner, provider, setRoles, rolesIn } = await anAgency();
  const brand = await aBrand(owner);
  const ann = await provider.user('ann@acme.example');
  const artists = await provider.group('Artists', ann);
  expect((await rolesIn(tenantId))['ann@acme.example']).toBe('viewer'); // the usual role
  const set = await setRoles(artists, { tenantId, role: 'creator' }, { tenantId: brand, role: 'admin' });
  expect(set.body).toMatchObject({ name: 'Artists', people: 1, roles: expect.arrayContaining([{ tenantId: brand, role: 'admin' }]) });
  expect([(await rolesIn(tenantId))['ann@acme.example'], (await rolesIn(brand))['ann@acme.example']]).toEqual(['creator', 'admin']);
  const bob = await provider.user('bob@acme.example');
  await provider.patch(`/Groups/${artists}`, { op: 'Add', path: 'members', value: [{ value: bob }] });
  expect((await rolesIn(brand))['bob@acme.example']).toBe('admin');
  await provider.patch(`/Groups/${artists}`, { op: 'Remove', path: `members[value eq "${ann}"]` });
  expect(await rolesIn(brand)).toEqual({ 'bob@acme.example': 'admin' });
  expect((await rolesIn(tenantId))['ann@acme.example']).toBe('viewer');
  expect((await provider.call('DELETE', `/Groups/${artists}`)).status).toBe(204);
  expect(await rolesIn(brand)).toEqual({});
});

it('lets the stronger of two groups count, and the other one when the first is gone', async () => {
  const { tenantId, provider, setRoles, rolesIn } = await anAgency();
  const cid = await provider.user('cid@acme.example');
  const [payers, makers] = [await provider.group('Payers', cid), await provider.group('Makers', cid)];
  await setRoles(makers, { tenantId, role: 'creator' });
  await setRoles(payers, { tenantId, role: 'billing' });
  expect((await rolesIn(tenantId))['cid@acme.example']).toBe('billing');
  await setRoles(payers);
  expect((await rolesIn(tenantId))['cid@acme.example']).toBe('creator');
});

it('leaves people out whom no group lets in, where the usual role is none', async () => {
  const { tenantId, owner, provider, rolesIn } = await anAgency();
  await provider.user('dan@acme.example');
  expect((await rolesIn(tenantId))['dan@acme.example']).toBe('viewer');
  const updated = await api.call(owner, 'PATCH', '/api/v1/directory', { defaultRole: null });
  expect(updated.body).toMatchObject({
    defaultRole: null,
    activePeople: 1,
    inactivePeople: 0,
    groups: 0,
    scimUrl: 'http://127.0.0.1/scim/v2',
  });
  expect((await rolesIn(tenantId))['dan@acme.example']).toBeUndefined();
});

it('gives no role in a tenant that is none of the agency’s, and none of an owner', async () => {
  const { provider, setRoles, tenantId } = await anAgency();
  const group = await provider.group('Everybody');
  expect((await setRoles(group, { tenantId: await aTenant(api.control, 0n), role: 'viewer' })).status).toBe(404);
  expect((await setRoles(group, { tenantId, role: 'owner' })).status).toBe(422);
  const other = await anAgency();
  expect((await other.setRoles(group)).status).toBe(404);
});

it('ends sessions and keys of a deactivated person, in brands too, and starts anew when they are back', async () => {
  const { tenantId, owner, provider, rolesIn } = await anAgency();
  const brand = await aBrand(owner);
  const eve = await api.aSession(tenantId, 'admin', 'eve@acme.example');
  const inBrand = await api.call({ ...eve, tenant: brand }, 'POST', '/api/v1/keys', { name: 'Of the brand', role: 'viewer' });
  const key = (await api.call(eve, 'POST', '/api/v1/keys', { name: 'Mine', role: 'admin' })).body.key as string;
  const rotated = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'Of somebody else', role: 'viewer' })).body.key as string;
  const id = await provider.user('eve@acme.example');
  await api.call(owner, 'PATCH', '/api/v1/directory', { defaultRole: 'admin' });
  const listing = async (as: string | SignedIn) => (await api.call(as, 'GET', '/api/v1/projects')).status;
  expect([await listing(eve), await listing(key), await listing(inBrand.body.key)]).toEqual([200, 200, 200]);

  const out = await provider.patch(`/Users/${id}`, DEACTIVATED);
  expect([out.status, out.body.active]).toEqual([200, false]);
  expect(await listing(eve)).toBe(401);
  await expect.poll(() => listing(key)).toBe(401); // remembered for seconds
  await expect.poll(() => listing(inBrand.body.key)).toBe(401);
  expect(await listing(rotated)).toBe(200);
  const audited = await api.control.query<{ action: string; actor_kind: string; actor_id: string }>(
    `SELECT DISTINCT action, actor_kind, actor_id FROM audit_log
      WHERE tenant_id IN ($1, $2) AND action IN ('member.removed', 'key.revoked', 'directory.person_changed') ORDER BY action`,
    [tenantId, brand],
  );
  const by = { actor_kind: 'directory', actor_id: provider.tokenId };
  expect(audited).toEqual(['directory.person_changed', 'key.revoked', 'member.removed'].map((action) => ({ action, ...by })));

  await provider.patch(`/Users/${id}`, { op: 'replace', value: { active: true } }); // as Okta writes it
  expect((await rolesIn(tenantId))['eve@acme.example']).toBe('admin');
  expect([await listing(eve), await listing(key)]).toEqual([401, 401]); // what was theirs before stays lost
});

it('ends a stream that a deactivated person follows', async () => {
  const { tenantId, provider } = await anAgency();
  const kim = await api.aSession(tenantId, 'viewer', 'kim@acme.example');
  const id = await provider.user('kim@acme.example');
  const stream = await fetch(`${origin}/api/v1/events?topics=generations`, { headers: { cookie: `halogen_session=${kim.token}` } });
  expect(stream.status).toBe(200);
  const ended = stream.text().catch(() => 'cut off');
  await provider.patch(`/Users/${id}`, DEACTIVATED);
  await ended;
});

it('keeps the last owner, and says what to do', async () => {
  const { tenantId, owner, provider, rolesIn } = await anAgency();
  const id = await provider.user(owner.email);
  expect((await rolesIn(tenantId))[owner.email]).toBe('owner'); // groups do not demote owners
  for (const refused of [await provider.patch(`/Users/${id}`, DEACTIVATED), await provider.call('DELETE', `/Users/${id}`)]) {
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('is the last owner here')]);
  }
  expect((await provider.call('GET', `/Users/${id}`)).body.active).toBe(true); // nothing of it was done
  expect((await api.call(owner, 'GET', '/api/v1/members')).status).toBe(200);
  const { calls } = (await api.call(owner, 'GET', '/api/v1/directory/calls?refused=true')).body;
  expect(calls[0].explanation).toContain('Make another person an owner first');

  const second = await api.aSession(tenantId, 'owner', 'second@acme.example');
  expect((await provider.patch(`/Users/${id}`, DEACTIVATED)).status).toBe(200);
  expect((await api.call(owner, 'GET', '/api/v1/me')).status).toBe(401);
  await provider.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'True' });
  const { members } = (await api.call(second, 'GET', '/api/v1/members')).body; // ownership is given by owners
  expect(members).toContainEqual(expect.objectContaining({ email: owner.email, role: 'viewer' }));
});

it('ends a person who is deleted, and lets the same account be made again', async () => {
  const { tenantId, provider, rolesIn } = await anAgency();
  const id = await provider.user('fay@acme.example');
  expect((await provider.call('DELETE', `/Users/${id}`)).status).toBe(204);
  expect([(await provider.call('GET', `/Users/${id}`)).status, await rolesIn(tenantId)]).toEqual([
    404,
    expect.not.objectContaining({ 'fay@acme.example': expect.anything() }),
  ]);
  await provider.user('fay@acme.example');
  expect((await rolesIn(tenantId))['fay@acme.example']).toBe('viewer');
});

it('treats another address as another person', async () => {
  const { tenantId, provider, rolesIn } = await anAgency();
  const id = await provider.user('gil@acme.example');
  await provider.call('PUT', `/Users/${id}`, { schemas: [USER.id], userName: 'gil.new@acme.example' });
  const roles = await rolesIn(tenantId);
  expect([roles['gil@acme.example'], roles['gil.new@acme.example']]).toEqual([undefined, 'viewer']);
});

it('keeps somebody out by PUT until it says that they are in', async () => {
  const { tenantId, provider, rolesIn } = await anAgency();
  const id = await provider.user('hal@acme.example');
  await provider.patch(`/Users/${id}`, DEACTIVATED);
  await provider.call('PUT', `/Users/${id}`, { schemas: [USER.id], userName: 'hal@acme.example', displayName: 'Hal' });
  expect((await rolesIn(tenantId))['hal@acme.example']).toBeUndefined();
  await provider.call('PUT', `/Users/${id}`, { schemas: [USER.id], userName: 'hal@acme.example', active: true });
  expect((await rolesIn(tenantId))['hal@acme.example']).toBe('viewer');
});

it('shows groups with members only where they are wanted', async () => {
  const { provider } = await anAgency();
  const ida = await provider.user('ida@acme.example');
  const group = await provider.group('Team', ida);
  const whole = (await provider.call('GET', `/Groups/${group}`)).body;
  expect(whole).toMatchObject({ schemas: [GROUP.id], displayName: 'Team', members: [{ value: ida, type: 'User' }] });
  expect((await provider.call('GET', `/Groups/${group}?excludedAttributes=members`)).body.members).toBeUndefined();
  const found = (await provider.call('GET', `/Groups?filter=displayName%20eq%20%22team%22&excludedAttributes=members`)).body;
  expect([found.totalResults, found.Resources[0].members]).toEqual([1, undefined]);
  const holding = `filter=${encodeURIComponent(`id eq "${group}" and members eq "${ida}"`)}`; // as Entra asks
  expect((await provider.call('GET', `/Groups?${holding}`)).body.totalResults).toBe(1);
  expect((await provider.call('GET', `/Users/${ida}`)).body.groups).toMatchObject([{ value: group, display: 'Team' }]);
});

it('leaves out of a group whom it does not know, and groups within groups not at all', async () => {
  const { provider } = await anAgency();
  const jon = await provider.user('jon@acme.example');
  const group = await provider.group('Team', jon, 'nobody', '9d2f2a54-0000-4000-8000-000000000000');
  const { members } = (await provider.call('GET', `/Groups/${group}`)).body;
  expect(members.map(({ value }: { value: string }) => value)).toEqual([jon]);
  const nested = await provider.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: group, type: 'Group' }] });
  expect([nested.status, nested.body.scimType]).toEqual([400, 'invalidValue']);
});

it('lets only owners look after the directory', async () => {
  const { tenantId } = await anAgency();
  const admin = await api.aSession(tenantId, 'admin');
  expect((await api.call(admin, 'POST', '/api/v1/directory/tokens')).status).toBe(403);
  expect((await api.call(admin, 'PATCH', '/api/v1/directory', { defaultRole: 'admin' })).status).toBe(403);
});
