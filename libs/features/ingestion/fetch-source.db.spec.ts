import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import { MAX_FETCH_ATTEMPTS, MAX_SOURCE_BYTES } from '#core/ingestion/limits';
import type { BatchReport } from '#features/ingestion/batches.service';
import { fetchSource } from '#features/ingestion/fetch-source';
import { caller, IngestionUnderTest, PLENTY_MICRO } from '#features/ingestion/testing/ingestion-under-test';
import { OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { aTenant } from '#testing/builders';

let ingestion: IngestionUnderTest;
let tenantId: string;
const servers: Server[] = [];

beforeAll(async () => {
  ingestion = await IngestionUnderTest.start();
  tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
afterAll(() => ingestion.stop());

/** Long enough that a connection can be cut in the middle: what it has not handed on yet is lost with it. */
const SOURCE = Buffer.from(
  Array.from({ length: 3_000 }, (_, at) => `{"model":"photon-1","prompt":"a red fox, number ${at}"}${' '.repeat(1_000)}\n`).join(''),
);
const CUT_AFTER_BYTES = 2_000_000;

it('fetches a source in the background, and forgets its link', async () => {
  const asked = await aBatchFrom(await serve((_, response) => response.end(SOURCE)));
  expect(asked).toMatchObject({ state: 'receiving', source: { bytes: 0 } });
  expect(await attempt()).toBe('settled');
  expect(await ingestion.report(asked)).toMatchObject({
    state: 'validating',
    source: { bytes: SOURCE.length, expectedBytes: SOURCE.length },
  });
  expect((await kept(asked)).equals(SOURCE)).toBe(true);
  expect(await linkOf(asked)).toBeNull();
  await load();
  expect(await ingestion.report(asked)).toMatchObject({ state: 'running', acceptedRows: 3_000 });
});

it('goes on by Range behind what a cut connection brought, while the bytes are called the same', async () => {
  const ranges: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0) return cutAfter(response, SOURCE, CUT_AFTER_BYTES, { etag: '"one"' });
    expect(request.headers['if-range']).toBe('"one"');
    response.writeHead(206, {
      etag: '"one"',
      'content-range': `bytes ${from}-${SOURCE.length - 1}/${SOURCE.length}`,
      'content-length': SOURCE.length - from,
    });
    response.end(SOURCE.subarray(from));
  });
  const asked = await aBatchFrom(url);
  expect(await attempt()).toBe('later');
  const between = await ingestion.report(asked);
  expect(between).toMatchObject({ state: 'receiving', stateReason: expect.stringMatching(/^source_interrupted: .* cut after \d+ bytes/) });
  expect(between.source.bytes).toBeGreaterThan(0);
  await attemptAgain(asked);
  expect(ranges).toEqual([undefined, `bytes=${between.source.bytes}-`]);
  expect((await kept(asked)).equals(SOURCE)).toBe(true);
  await load();
});

it('begins anew where the source has changed, or nobody says what it is called', async () => {
  let attempts = 0;
  const changed = Buffer.from('{"model":"photon-1","prompt":"a blue whale"}\n');
  const url = await serve((_, response) => {
    attempts += 1;
    if (attempts === 1) return cutAfter(response, SOURCE, CUT_AFTER_BYTES, { etag: '"one"' });
    response.writeHead(200, { etag: '"two"' }).end(changed);
  });
  const asked = await aBatchFrom(url);
  await attempt();
  await attemptAgain(asked);
  expect((await kept(asked)).equals(changed)).toBe(true);
  await load();
  expect(await ingestion.report(asked)).toMatchObject({ acceptedRows: 1, source: { bytes: changed.length } });
});

it('knows a gzipped answer by its encoding', async () => {
  const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(SOURCE)));
  const asked = await aBatchFrom(url);
  await attempt();
  await load();
  expect(await ingestion.report(asked)).toMatchObject({ acceptedRows: 3_000, source: { isGzip: true } });
});

it.each<{ name: string; answer: (request: IncomingMessage, response: ServerResponse) => unknown; reason: RegExp }>([
  { name: 'a link that has run out', answer: (_, response) => response.writeHead(403).end(), reason: /It answered 403/ },
  {
    name: 'more bytes than a source has',
    answer: (_, response) => response.writeHead(200, { 'content-length': String(MAX_SOURCE_BYTES + 1) }).write('x'),
    reason: /more than 2000000000 bytes/,
  },
  {
    name: 'a redirect to an address that is not public',
    answer: (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
    reason: /not on the public internet/,
  },
  {
    name: 'another range than was asked for',
    answer: (_, response) => response.writeHead(206, { 'content-range': 'bytes 7-8/9' }).end('xx'),
    reason: /another range/,
  },
])('fails for good at $name', async ({ answer, reason }) => {
  const asked = await aBatchFrom(await serve((request, response) => void answer(request, response)));
  expect(await attempt()).toBe('settled');
  expect(await ingestion.report(asked)).toMatchObject({ state: 'failed', stateReason: expect.stringMatching(reason) });
  expect(await linkOf(asked)).toBeNull();
  const [event] = await ingestion.control.query<{ type: string }>(`SELECT type FROM events WHERE data ->> 'batchId' = $1`, [asked.id]);
  expect(event).toEqual({ type: 'batch.failed' });
});

it('tries a server that is busy again, and gives it up after so many attempts in a row', async () => {
  const asked = await aBatchFrom(await serve((_, response) => response.writeHead(503).end()));
  expect(await attempt()).toBe('later');
  for (let count = 2; count < MAX_FETCH_ATTEMPTS; count += 1) expect(await attemptAgain(asked)).toBe('later');
  expect(await attemptAgain(asked)).toBe('settled');
  expect(await ingestion.report(asked)).toMatchObject({ state: 'failed', stateReason: 'source_not_fetched: It answered 503.' });
});

it('keeps nothing for a batch that was cancelled meanwhile', async () => {
  const begun = Promise.withResolvers<ServerResponse>();
  const asked = await aBatchFrom(
    await serve((_, response) => {
      response.writeHead(200).write(SOURCE.subarray(0, 1_000));
      begun.resolve(response);
    }),
  );
  const attempted = expect(attempt()).rejects.toThrow('not where this worker left it');
  const response = await begun.promise;
  await ingestion.batches.command(caller(tenantId), asked.id, 'cancel');
  response.end();
  await attempted;
  expect(await ingestion.report(asked)).toMatchObject({ state: 'cancelled', source: { bytes: 0 } });
});

async function aBatchFrom(url: string): Promise<BatchReport> {
  const created = await ingestion.batches.createFrom({ ...caller(tenantId), project: null }, BatchOptions.parse({}), {
    url,
    format: 'ndjson',
    gzip: false,
  });
  if ('refused' in created) throw new Error(created.detail);
  return created;
}

async function attempt(): Promise<'settled' | 'later'> {
  const { control, storage } = ingestion;
  const downloads = new OutboundDownloads(parseOutboundSettings({ allow: '127.0.0.0/8' }));
  return fetchSource({ control, storage, downloads, isStopped: () => false }, await ingestion.claimed());
}

async function attemptAgain({ id }: BatchReport): Promise<'settled' | 'later'> {
  await ingestion.control.query('UPDATE batches SET worker_until = NULL WHERE id = $1', [id]);
  return attempt();
}

/** As the worker does, which lets go of what it fetched. */
async function load(): Promise<void> {
  await ingestion.control.query('UPDATE batches SET worker_until = NULL WHERE tenant_id = $1', [tenantId]);
  const batch = await ingestion.claimed();
  expect(batch.work).toBe('load');
  await ingestion.load(batch);
}

async function kept({ id }: BatchReport): Promise<Buffer> {
  const [row] = await ingestion.control.query<{ source_pieces: string[] }>('SELECT source_pieces FROM batches WHERE id = $1', [id]);
  return Buffer.concat(await Promise.all((row?.source_pieces ?? []).map((key) => readFile(path.join(ingestion.folder, key)))));
}

async function linkOf({ id }: BatchReport): Promise<string | null | undefined> {
  const [row] = await ingestion.control.query<{ source_url: string | null }>('SELECT source_url FROM batches WHERE id = $1', [id]);
  return row?.source_url;
}

/** @returns a link with a secret, as object stores give them */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows.ndjson?signature=secret`;
}

function cutAfter(response: ServerResponse, bytes: Buffer, after: number, headers: Record<string, string>): void {
  response.writeHead(200, { ...headers, 'content-length': bytes.length });
  response.write(bytes.subarray(0, after), () => response.destroy());
}
