import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { aTenant } from '#testing/builders';

const UPLOADS = '/api/v1/batch-uploads';
const TUS = { 'tus-resumable': '1.0.0' };
const OFFSET_BODY = { ...TUS, 'content-type': 'application/offset+octet-stream' };

let api: ApiUnderTest;
let origin: string;
let tenantId: string;
let key: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  origin = await api.listen();
  tenantId = await aTenant(api.control, 10n ** 12n);
  key = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
});
afterAll(() => api.stop());

it('goes on where a connection was cut, and makes the batch when all bytes are there', async () => {
  const source = Buffer.from(
    Array.from({ length: 30_000 }, (_, at) => `{"model":"photon-1","prompt":"a red fox, number ${at}"}\n`).join(''),
  );
  const url = await begun(source.length);
  await cutAfter(url, source.subarray(0, 1_000_000));
  // The connection's end is noticed when it is: what came with it is kept then.
  let offset = 0;
  while (offset === 0) offset = await offsetOf(url);
  expect(offset).toBeLessThanOrEqual(1_000_000);

  const early = await fetch(`${origin}${url}`, { method: 'PATCH', headers: headers({ ...OFFSET_BODY, 'upload-offset': '1' }), body: 'x' });
  expect(early.status).toBe(409);

  while (offset < source.length) {
    const rest = source.subarray(offset, offset + 700_000);
    const answer = await fetch(`${origin}${url}`, {
      method: 'PATCH',
      headers: headers({ ...OFFSET_BODY, 'upload-offset': String(offset) }),
      body: rest,
    });
    expect([204, 409]).toContain(answer.status); // 409: the cut connection's last bytes came in between
    offset = await offsetOf(url);
  }
  const [batch] = await api.control.query<{ state: string; work: string; source_pieces: string[]; source_format: string }>(
    'SELECT state, work, source_pieces, source_format FROM batches WHERE tenant_id = $1 AND id = $2',
    [tenantId, path.basename(url)],
  );
  expect(batch).toMatchObject({ state: 'validating', work: 'load', source_format: 'ndjson' });
  const pieces = await Promise.all((batch?.source_pieces ?? []).map((name) => readFile(path.join(api.folder, name))));
  expect(Buffer.concat(pieces).equals(source)).toBe(true);
});

it('shows an upload to its own tenant only', async () => {
  const url = await begun(10);
  const other = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.owner);
  expect((await fetch(`${origin}${url}`, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${other}` } })).status).toBe(404);
  const patch = { method: 'PATCH', headers: { ...OFFSET_BODY, 'upload-offset': '0', authorization: `Bearer ${other}` }, body: 'x' };
  expect((await fetch(`${origin}${url}`, patch)).status).toBe(404);
  expect(await (await fetch(`${origin}${url}`, { headers: headers() })).json()).toEqual({ id: path.basename(url), offset: 0, bytes: 10 });
});

it.each<{ name: string; more: Record<string, string> }>([
  { name: 'without the protocol’s version', more: { 'tus-resumable': '' } },
  { name: 'without a length', more: { 'upload-length': '' } },
  { name: 'of more bytes than a source has', more: { 'upload-length': '3000000000' } },
  { name: 'of no known format', more: { 'upload-metadata': `format ${base64('pdf')}` } },
  { name: 'with options that are none', more: { 'upload-metadata': `format ${base64('csv')},options ${base64('{"x":1}')}` } },
])('refuses an upload $name', async ({ more }) => {
  const answer = await fetch(`${origin}${UPLOADS}`, { method: 'POST', headers: headers({ ...creation(10), ...more }) });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
});

it('names the types of rows when it is sent text of none', async () => {
  const refused = await api.call(key, 'POST', '/api/v1/batches', 'model,prompt', { 'content-type': 'text/plain' });
  expect(refused).toMatchObject({ status: 415, body: { detail: expect.stringContaining('text/csv, application/json') } });
});

function headers(more: Record<string, string> = {}): Record<string, string> {
  return { ...TUS, authorization: `Bearer ${key}`, ...more };
}

function creation(bytes: number): Record<string, string> {
  return { 'upload-length': String(bytes), 'upload-metadata': `format ${base64('ndjson')},options ${base64('{"name":"A campaign"}')}` };
}

async function begun(bytes: number): Promise<string> {
  const answer = await fetch(`${origin}${UPLOADS}`, { method: 'POST', headers: headers(creation(bytes)) });
  expect(answer.status).toBe(201);
  return answer.headers.get('location') as string;
}

async function offsetOf(url: string): Promise<number> {
  const answer = await fetch(`${origin}${url}`, { method: 'HEAD', headers: headers() });
  expect(answer.status).toBe(200);
  return Number(answer.headers.get('upload-offset'));
}

/** Says that more will come than these bytes, and ends the connection behind them. */
function cutAfter(url: string, bytes: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const patch = httpRequest(`${origin}${url}`, {
    method: 'PATCH',
    headers: headers({ ...OFFSET_BODY, 'upload-offset': '0', 'content-length': String(bytes.length + 1) }),
  });
  patch.on('error', () => {});
  patch.on('close', resolve);
  patch.write(bytes, () => patch.destroy());
  return promise;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
