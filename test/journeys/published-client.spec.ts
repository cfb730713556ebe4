import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import LumaAI from 'lumaai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '#media/probe';
import { JourneyPlatform } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterAll(() => journey.stop());

it('makes an image: create, poll, download, list, delete', async () => {
  const client = journey.client();
  const before = (await client.credits.get()).credit_balance ?? 0;
  const created = await client.generations.image.create({
    model: 'photon-1',
    prompt: 'a lighthouse at dusk',
    aspect_ratio: '1:1',
    format: 'png',
  });
  expect(created).toMatchObject({ state: 'queued', generation_type: 'image', model: 'photon-1' });
  expect(created).not.toHaveProperty('assets');

  const completed = await journey.untilFinal(created.id as string);
  expect(completed).toMatchObject({ state: 'completed', request: { generation_type: 'image', aspect_ratio: '1:1', format: 'png' } });
  expect(await probe(await download(completed.assets?.image as string, 'image.png'))).toMatchObject({
    format: 'png',
    widthPx: 1080,
    heightPx: 1080,
  });
  expect((await client.credits.get()).credit_balance).toBeCloseTo(before - 1.5, 6);
  expect(await journey.transfersOf(created.id as string)).toMatchObject([
    { code: 'reserve', debit: 'available', credit: 'reserved', amountCredits: '5' },
    { code: 'settle', debit: 'reserved', credit: 'spent', amountCredits: '5' },
  ]);

  const { generations } = await client.generations.list({ limit: 1 });
  expect(generations.map(({ id }) => id)).toEqual([created.id]);
  await client.generations.delete(created.id as string);
  await expect(client.generations.get(created.id as string)).rejects.toBeInstanceOf(LumaAI.NotFoundError);
});

it.each(['create by the path of today', 'create by the path of older clients'])('makes a video: %s', async (how) => {
  const client = journey.client();
  const body = { model: 'ray-2', prompt: 'a red fox in the snow', resolution: '540p', duration: '5s', aspect_ratio: '9:16' } as const;
  const created = how.endsWith('today')
    ? await client.generations.video.create(body)
    : await client.post<unknown, LumaAI.Generation>('/generations', { body: { ...body, loop: null, keyframes: null } });

  const completed = await journey.untilFinal(created.id as string);
  expect(completed).toMatchObject({ state: 'completed', generation_type: 'video' });
  expect(completed).not.toHaveProperty('status');
  const video = await probe(await download(completed.assets?.video as string, 'video.mp4'));
  expect(video).toMatchObject({ format: 'mp4', widthPx: 540, heightPx: 960, frames: 120, durationS: 5 });
  expect(JSON.stringify(video)).toContain('reference');
  // A completed video carries a picture too: a published client waits for it.
  expect(await probe(await download(completed.assets?.image as string, 'image.jpg'))).toMatchObject({ format: 'jpeg' });
});

it('cancels an unfinished generation when it is deleted, and charges nothing', async () => {
  const client = journey.client();
  const { id } = await client.generations.video.create({ model: 'ray-2', prompt: 'a very long film', duration: '9s', resolution: '720p' });
  await journey.untilState(id as string, 'running');
  await client.generations.delete(id as string);
  expect((await journey.transfersOf(id as string)).map(({ code }) => code)).toEqual(['reserve', 'release']);
  await expect(client.generations.delete(id as string)).rejects.toBeInstanceOf(LumaAI.NotFoundError);
});

it('serves assets by range, without headers, and nothing that a browser would run', async () => {
  const { id } = await journey.client().generations.image.create({ model: 'photon-1', prompt: 'a range of hills' });
  const { assets } = await journey.untilFinal(id as string);
  const url = assets?.image as string;
  expect(new URL(url).origin).toBe(journey.platform.run.api);

  const part = await fetch(url, { headers: { range: 'bytes=2-5' } });
  expect([part.status, part.headers.get('content-range')?.split('/')[0]]).toEqual([206, 'bytes 2-5']);
  expect((await part.arrayBuffer()).byteLength).toBe(4);
  const whole = await fetch(url);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': 'image/jpeg',
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
  });
  expect(whole.headers.get('content-security-policy')).toContain('sandbox');

  expect((await fetch(url.replace(/signature=./, 'signature=_'))).status).toBe(403);
  expect((await fetch(url, { headers: { range: 'bytes=999999999-' } })).status).toBe(416);
});

describe('errors, by the class that the client throws', () => {
  const video = { model: 'ray-2', prompt: 'a red fox in the snow' } as const;

  it.each<[string, object, string]>([
    ['an unknown model', { ...video, model: 'ray-9' }, 'Model ray-9 is not supported. Valid: ray-2, ray-flash-2, ray-1-6'],
    ['a wrong duration', { ...video, duration: '7s' }, 'Duration 7s is not supported. Valid: 5s, 9s'],
    ['an unknown resolution', { ...video, resolution: '8k' }, 'Resolution 8k is not supported. Valid: 540p, 720p, 1080p, 4k'],
    ['no prompt', { model: 'ray-2' }, 'Prompt is required'],
    ['a prompt of 6,000 characters', { ...video, prompt: 'x'.repeat(6_000) }, 'Prompt is too long, maximum length is 5000 characters'],
    ['a callback into a private network', { ...video, callback_url: 'http://192.168.0.1/' }, 'callback_url is refused'],
  ])('%s is 400 with a sentence', async (_what, body, detail) => {
    const error = await failureOf(journey.client().post('/generations/video', { body }));
    expect(error).toBeInstanceOf(LumaAI.BadRequestError);
    expect((error.error as { detail: string }).detail).toContain(detail);
  });

  it('a wrong type is 422 with a list of strings', async () => {
    const error = await failureOf(journey.client().post('/generations/video', { body: { ...video, prompt: 7, callback_url: 'nowhere' } }));
    expect(error).toBeInstanceOf(LumaAI.UnprocessableEntityError);
    const { detail } = error.error as { detail: { loc: string[]; msg: string; input: string }[] };
    expect(detail.map(({ loc }) => loc)).toEqual([
      ['body', 'prompt'],
      ['body', 'callback_url'],
    ]);
    expect(detail.every(({ input, msg }) => typeof input === 'string' && typeof msg === 'string')).toBe(true);
  });

  it('no key, a wrong key and a revoked key are 401', async () => {
    const wrong = new LumaAI({ authToken: 'luma-wrong', baseURL: journey.client().baseURL });
    expect(await failureOf(wrong.generations.list())).toBeInstanceOf(LumaAI.AuthenticationError);
    const revoked = await failureOf(journey.client('revoked').generations.list());
    expect(revoked).toBeInstanceOf(LumaAI.AuthenticationError);
    expect(revoked.message).toContain('revoked');
    expect((await fetch(`${journey.client().baseURL}/generations`)).status).toBe(401);
  });

  it('no credits is 402', async () => {
    const error = await failureOf(journey.client('broke').generations.video.create(video));
    expect([error.status, (error.error as { detail: string }).detail]).toEqual([
      402,
      'Insufficient credits. 236.666667 more credits are needed',
    ]);
  });

  it('an id of another tenant is 404, as one that never was', async () => {
    const { id } = await journey.client().generations.image.create({ model: 'photon-1', prompt: 'ours alone' });
    const other = journey.client('other');
    expect(await failureOf(other.generations.get(id as string))).toBeInstanceOf(LumaAI.NotFoundError);
    expect(await failureOf(other.generations.delete(id as string))).toBeInstanceOf(LumaAI.NotFoundError);
    expect(await failureOf(other.generations.get('not-an-id'))).toBeInstanceOf(LumaAI.NotFoundError);
    await journey.untilFinal(id as string);
  });

  it('broken JSON is 400, a body of 20 MB is 413', async () => {
    const post = (body: string) =>
      journey.fetch('/dream-machine/v1/generations', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const broken = await post('{"prompt": "a red fox"');
    expect([broken.status, await broken.json()]).toEqual([400, { detail: 'The body is not valid JSON in UTF-8' }]);
    const large = await post(JSON.stringify({ prompt: 'x'.repeat(20_000_000) }));
    expect([large.status, typeof ((await large.json()) as { detail: unknown }).detail]).toEqual([413, 'string']);
  });

  it('none of them reserved anything', async () => {
    const refused = await journey.database.query(
      `SELECT 1 FROM generations WHERE length(prompt) > 5000 OR model NOT IN ('ray-2', 'photon-1')`,
    );
    expect(refused).toEqual([]);
    const balance = await (await journey.fetch('/api/v1/ledger/balance')).json();
    expect(balance).toMatchObject({ reservedCredits: '0' });
    expect(await journey.ledgerDifferences()).toEqual([]);
  });
});

async function failureOf(call: PromiseLike<unknown>): Promise<InstanceType<typeof LumaAI.APIError>> {
  const failure = await Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof LumaAI.APIError) return failure;
  throw failure ?? new Error('it was not refused');
}

/** Fetches an asset without any header, as clients do. @returns the file's path */
async function download(url: string, name: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const file = path.join(tmpdir(), `halogen-journey-${process.pid}-${name}`);
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return file;
}
