import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { ScimProvider } from '#apps/api/testing/scim-provider';
import { ScimTesters } from '#apps/api/testing/scim-testers';
import { aTenant } from '#testing/builders';

/** pip, and hundreds of requests on a busy machine. */
const TIMEOUT_MS = 240_000;

let api: ApiUnderTest;
let testers: ScimTesters;
let url: string;
let token: string;

beforeAll(async () => {
  testers = await ScimTesters.prepare();
  api = await ApiUnderTest.start();
  const owner = await api.aSession(await aTenant(api.control, 0n), 'owner');
  token = (await ScimProvider.of(api, owner)).token;
  url = `${await api.listen()}/scim/v2`;
}, TIMEOUT_MS);
afterAll(() => api?.stop());

it(
  'passes every check of scim2-tester',
  async () => {
    const results = await testers.scim2Tester(url, token);
    expect(results.filter(({ status }) => status === 'ERROR' || status === 'CRITICAL')).toEqual([]);
    const passed = results.filter(({ status }) => status === 'SUCCESS').length;
    console.log(`scim2-tester: ${passed} of ${results.length} checks passed`);
    expect(passed).toBeGreaterThan(40);
  },
  TIMEOUT_MS,
);

it(
  'passes every test of scim-sanity in its strict mode',
  async () => {
    const results = await testers.scimSanity(url, token);
    expect(results.filter(({ status }) => ['fail', 'error', 'warn'].includes(status.toLowerCase()))).toEqual([]);
    const passed = results.filter(({ status }) => status.toLowerCase() === 'pass').length;
    console.log(`scim-sanity: ${passed} of ${results.length} tests passed`);
    expect(passed).toBeGreaterThan(20);
  },
  TIMEOUT_MS,
);
