import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MediaFetcher } from '#apps/generation-worker/activities/fetch-media';
import { MediaReader } from '#apps/generation-worker/media/media-reader';
import { admitGeneration, prepareTenantAndNode } from '#apps/generation-worker/testing/admit-generation';
import { UNREADABLE_INPUT_REASON } from '#core/generations/fetch-limits';
import type { LeaseRef } from '#core/generations/lease';
import { PLAIN_RECIPE, type RecipeInput } from '#core/generations/recipe';
import { RunsService } from '#features/generations/runs.service';
import { writeMp4 } from '#media/mp4/write-mp4';
import { probe } from '#media/probe';
import { HotPool } from '#platform/database/hot-pool';
import { OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { LocalFolder } from '#platform/storage/local-folder';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let db: HotPool;
let folder: string;
let storage: LocalFolder;
let video: Buffer;
const asked: string[] = [];

const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const serve = ROUTES[request.url ?? ''];
  if (serve) serve(response);
  else response.writeHead(404).end();
});
let origin: string;

beforeAll(async () => {
  database = await testDatabase();
  const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 1 });
  await prepareTenantAndNode(owner);
  await owner.close();
  db = new HotPool({ url: database.controlUrl, applicationName: 'test', maxConnections: 4 });
  folder = await mkdtemp(join(tmpdir(), 'halogen-fetch-spec-'));
  storage = new LocalFolder(join(folder, 'storage'));
  const path = join(folder, 'clip.mp4');
  await writeMp4(path, { widthPx: 128, heightPx: 72, framesPerSecond: 30 }, { title: 't', comment: 'c' }, noise(60));
  video = await readFile(path);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await db.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const ROUTES: Record<string, (response: ServerResponse) => void> = {
  '/picture.webp': async (response) => response.end(await sharp(aPicture).webp().toBuffer()),
  '/clip.mp4': (response) => response.end(video),
  '/playlist.m3u8': (response) => response.end(`#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${origin}/secret\n#EXT-X-ENDLIST\n`),
  '/drawing.svg': (response) => response.end(`<svg xmlns="http://www.w3.org/2000/svg"><image href="${origin}/secret"/></svg>`),
  '/paper.pdf': (response) => response.end('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF'),
  '/huge.png': (response) => response.end(pngHeader(50_000, 50_000)),
  '/cut-off.mp4': (response) => response.end(video.subarray(0, Math.floor(video.length * 0.6))),
  '/reference.mov': (response) => response.end(referenceMovie(`${origin}/secret`)),
  '/endless.png': (response) => endless(response),
  '/promises-much.mp4': (response) => response.writeHead(200, { 'content-length': '900000000000' }).write('x'),
  '/redirect.png': (response) => response.writeHead(302, { location: `${origin}/secret` }).end(),
  '/forever': (response) => response.writeHead(302, { location: '/forever' }).end(),
};
const aPicture = { create: { width: 320, height: 200, channels: 3, background: '#c04020' } } as const;

it('keeps a picture as PNG and a video as MP4 of our own making, once and for all', async () => {
  const lease = await aGeneration([
    image('frame0', '/picture.webp'),
    { name: 'media', kind: 'video', from: { url: `${origin}/clip.mp4` } },
  ]);
  expect(await fetcher('127.0.0.1').fetch(lease)).toBeNull();
  const [picture, clip] = await artifactsOf(lease);
  expect(picture).toMatchObject({ name: 'frame0', contentType: 'image/png', widthPx: 320, heightPx: 200 });
  expect(clip).toMatchObject({ name: 'media', contentType: 'video/mp4', widthPx: 128, heightPx: 72, durationS: 2, frames: 48 });
  const kept = join(folder, 'storage', clip?.key as string);
  expect(await probe(kept)).toMatchObject({ frames: 48, durationS: 2, isH264: true, notes: expect.stringContaining('Halogen input') });
});

it('takes the last picture of a video of ours, and reads our own assets under any allow-list', async () => {
  await storage.create('tenant/g/clip.mp4', Readable.from([video]), { contentType: 'video/mp4', maxBytes: video.length });
  const lease = await aGeneration([{ name: 'frame0', kind: 'image', from: { asset: 'tenant/g/clip.mp4', take: 'last_frame' } }]);
  expect(await fetcher().fetch(lease)).toBeNull();
  expect(await artifactsOf(lease)).toMatchObject([{ name: 'frame0', contentType: 'image/png', widthPx: 128, heightPx: 72 }]);
});

it.each(['playlist.m3u8', 'drawing.svg', 'paper.pdf', 'huge.png', 'endless.png', 'promises-much.mp4', 'forever', 'not-there.png'])(
  'a hostile or dead %s ends in a reason, and nothing that it points to is read',
  async (name) => {
    const lease = await aGeneration([image('frame0', `/${name}`)]);
    const memoryBefore = process.memoryUsage.rss();
    expect(await fetcher('127.0.0.1').fetch(lease)).toEqual({ failed: UNREADABLE_INPUT_REASON });
    expect(asked).not.toContain('/secret');
    expect(await artifactsOf(lease)).toEqual([]);
    expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(150_000_000);
  },
);

it.each(['cut-off.mp4', 'reference.mov', 'picture.webp'])('%s is no video', async (name) => {
  const lease = await aGeneration([{ name: 'media', kind: 'video', from: { url: `${origin}/${name}` } }]);
  expect(await fetcher('127.0.0.1').fetch(lease)).toEqual({ failed: UNREADABLE_INPUT_REASON });
  expect(asked).not.toContain('/secret');
});

it('a video where a picture is wanted is refused', async () => {
  const lease = await aGeneration([image('image1', '/clip.mp4')]);
  expect(await fetcher('127.0.0.1').fetch(lease)).toEqual({ failed: UNREADABLE_INPUT_REASON });
});

it.each(['redirect.png', 'picture.webp'])('with an empty allow-list nothing on this machine is asked: %s', async (name) => {
  asked.length = 0;
  const lease = await aGeneration([image('frame0', `/${name}`)]);
  expect(await fetcher().fetch(lease)).toEqual({ failed: UNREADABLE_INPUT_REASON });
  expect(asked).toEqual([]);
});

it('judges where a redirect leads anew', async () => {
  asked.length = 0;
  const lease = await aGeneration([image('frame0', '/elsewhere.png')]);
  ROUTES['/elsewhere.png'] = (response) =>
    response.writeHead(307, { location: `${origin.replace('127.0.0.1', '127.0.0.2')}/secret` }).end();
  expect(await fetcher('127.0.0.1/32').fetch(lease)).toEqual({ failed: UNREADABLE_INPUT_REASON });
  expect(asked).toEqual(['/elsewhere.png']);
});

function fetcher(allow?: string): MediaFetcher {
  return new MediaFetcher(new RunsService(db), storage, new OutboundDownloads(parseOutboundSettings({ allow })), new MediaReader());
}

function image(name: string, path: string): RecipeInput {
  return { name, kind: 'image', from: { url: `${origin}${path}` } };
}

async function aGeneration(inputs: RecipeInput[]): Promise<LeaseRef> {
  const lease = await admitGeneration(db, { kind: 'video' });
  await db.query('UPDATE generations SET recipe = $2 WHERE id = $1', [lease.generationId, JSON.stringify({ ...PLAIN_RECIPE, inputs })]);
  return lease;
}

async function artifactsOf({ generationId }: LeaseRef): Promise<{ key: string }[]> {
  const [row] = await db.query<{ outcome: { artifacts: { key: string }[] } }>(
    `SELECT outcome FROM checkpoints WHERE generation_id = $1 AND stage = 'fetch'`,
    [generationId],
  );
  return row?.outcome.artifacts ?? [];
}

/** Begins like a PNG and never ends. */
function endless(response: ServerResponse): void {
  response.write(pngHeader(64, 64).subarray(0, 33));
  const chunk = Buffer.alloc(1_000_000);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}

function pngHeader(widthPx: number, heightPx: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(100_000));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunkOf('IHDR', header),
    chunkOf('IDAT', pixels),
    chunkOf('IEND', Buffer.alloc(0)),
  ]);
}

function chunkOf(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(8 + body.length);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return chunk;
}

/** Our clip, whose data are said to be in another place: the data reference names a URL instead of the file itself. */
function referenceMovie(url: string): Buffer {
  const movie = Buffer.from(video);
  const at = movie.indexOf('url ', movie.indexOf('dref'), 'latin1');
  movie.writeUInt32BE(0, at + 4); // flags: not in this file
  return Buffer.concat([movie.subarray(0, 4), Buffer.from('ftypqt  ', 'latin1'), movie.subarray(12), Buffer.from(url)]);
}

function* noise(frames: number): Generator<Buffer> {
  const pixels = Buffer.alloc(128 * 72 * 4);
  for (let frame = 0; frame < frames; frame++) {
    for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 31 + frame * 57 + ((at * at) >> 7)) & 255;
    yield pixels;
  }
}
