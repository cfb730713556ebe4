import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(() => api.stop());

it.each([
  { method: 'PUT', path: '/api/v1/generations', allow: 'POST, GET, HEAD', status: 405 },
  { method: 'DELETE', path: '/api/v1/generations/quote?a=/b/c', allow: 'POST', status: 405 },
  { method: 'POST', path: '/api/v1/generations/0', allow: 'GET, HEAD', status: 405 },
  { method: 'PUT', path: '/dream-machine/v1/credits', allow: 'GET, HEAD', status: 405 },
  { method: 'POST', path: '/api/v1/generations/', allow: undefined, status: 404 },
  { method: 'GET', path: '/api/v1/nothing', allow: undefined, status: 404 },
])('answers $method $path with $status and Allow: $allow', async ({ method, path, allow, status }) => {
  const answer = await api.call(null, method, path);
  expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
});

it.each(['/api/v1/operations/nodes/a%00b', '/scim/v2/Users/a%00b', '/assets/a%00b.png'])('finds nothing at %s', async (path) => {
  expect((await api.call(null, 'GET', path)).status).toBe(404);
});
