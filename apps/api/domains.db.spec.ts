import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { startTinyDnsServer, type TinyDnsServer } from '#platform/http/outbound/tiny-dns-server';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let dns: TinyDnsServer;
let owner: SignedIn;
/** What DNS says now, by name. */
const texts = new Map<string, string[]>();

beforeAll(async () => {
  dns = await startTinyDnsServer((host, _, type) => (type === 'TXT' ? (texts.get(host) ?? []) : []));
  api = await ApiUnderTest.start({ HALOGEN_OUTBOUND_DNS: dns.address });
  owner = await api.aSession(await aTenant(api.control, 0n), 'owner');
});
beforeEach(() => texts.clear());
afterAll(async () => {
  dns.close();
  await api.stop();
});

const claim = (as: SignedIn, domain: string) => api.call(as, 'POST', '/api/v1/sign-in/domains', { domain });
const verify = (as: SignedIn, domain: string) => api.call(as, 'POST', `/api/v1/sign-in/domains/${domain}/verify`);
const publish = ({ name, value }: { name: string; value: string }) => texts.set(name, ['v=spf1 -all', value]);

it('proves a claimed domain once its DNS has the record, and says what is missing until then', async () => {
  const claimed = await claim(owner, 'Acme.Example');
  expect(claimed.status).toBe(201);
  expect(claimed.body).toMatchObject({ domain: 'acme.example', verifiedAt: null, record: { type: 'TXT', name: '_halogen.acme.example' } });
  const early = await verify(owner, 'acme.example');
  expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('0 of 1 resolvers have it')]);
  publish(claimed.body.record);
  const proven = await verify(owner, 'ACME.example');
  expect([proven.status, proven.body.verifiedAt === null]).toEqual([200, false]);
  expect((await api.call(owner, 'GET', '/api/v1/sign-in/domains')).body.domains).toEqual([proven.body]);
});

it('keeps the challenge of a domain that is claimed again', async () => {
  const first = await claim(owner, 'again.example');
  expect((await claim(owner, 'again.example')).body).toEqual(first.body);
});

it('keeps what was proven when the record is not found again', async () => {
  publish((await claim(owner, 'kept.example')).body.record);
  await verify(owner, 'kept.example');
  texts.clear();
  expect((await verify(owner, 'kept.example')).status).toBe(409);
  const { domains } = (await api.call(owner, 'GET', '/api/v1/sign-in/domains')).body;
  expect(domains.find(({ domain }: { domain: string }) => domain === 'kept.example').verifiedAt).not.toBeNull();
});

it('lets two tenants claim a domain, each with a challenge of its own, and one have it', async () => {
  const other = await api.aSession(await aTenant(api.control, 0n), 'owner');
  const [ours, theirs] = [await claim(owner, 'both.example'), await claim(other, 'both.example')];
  publish(ours.body.record);
  expect((await verify(other, 'both.example')).status).toBe(409); // the record is not theirs
  expect((await verify(owner, 'both.example')).status).toBe(200);
  texts.set(theirs.body.record.name, [ours.body.record.value, theirs.body.record.value]);
  const late = await verify(other, 'both.example');
  expect([late.status, late.body.type]).toEqual([409, 'urn:halogen:problem:already_exists']);
  expect((await api.call(owner, 'DELETE', '/api/v1/sign-in/domains/both.example')).status).toBe(204);
  expect((await verify(other, 'both.example')).status).toBe(200);
});

it('lets only owners claim, and another tenant’s domain does not exist', async () => {
  const admin = await api.aSession(await aTenant(api.control, 0n), 'admin');
  expect((await claim(admin, 'admin.example')).status).toBe(403);
  await claim(owner, 'ours.example');
  const other = await api.aSession(await aTenant(api.control, 0n), 'owner');
  expect((await verify(other, 'ours.example')).status).toBe(404);
  expect((await api.call(other, 'DELETE', '/api/v1/sign-in/domains/ours.example')).status).toBe(404);
});

it('refuses what is no domain', async () => {
  for (const domain of ['localhost', '127.0.0.1', 'a@acme.example', 'https://acme.example']) {
    expect((await claim(owner, domain)).status).toBe(422);
  }
});
