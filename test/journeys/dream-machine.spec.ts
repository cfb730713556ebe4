import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type LumaAI from 'lumaai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFrame } from '#media/mp4/read-frame';
import { probe } from '#media/probe';
import { JourneyPlatform } from '#test/journeys/journey-platform';
import { pythonWith } from '#testing/python-venv';

const MINUTES = 60_000;
let journey: JourneyPlatform;
let image: LumaAI.Generation;
let clip: LumaAI.Generation;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
  const { generations } = journey.client();
  [image, clip] = await Promise.all([
    finished(generations.image.create({ model: 'photon-flash-1', prompt: 'a red poppy field', format: 'png' })),
    finished(
      generations.create({ model: 'ray-flash-2', prompt: 'a boat, camera pan left', resolution: '540p', concepts: [{ key: 'zoom_in' }] }),
    ),
  ]);
}, 5 * MINUTES);
afterAll(() => journey.stop());

describe('npm lumaai, every method', { timeout: 4 * MINUTES }, () => {
  it('lists concepts, camera motions, credits, ping', async () => {
    const client = journey.client();
    expect(await client.ping.check()).toMatchObject({ message: 'pong' });
    expect((await client.credits.get()).credit_balance).toBeGreaterThan(0);
    expect(await client.generations.concepts.list()).toContain('dolly_zoom');
    expect(await (await journey.fetch('/dream-machine/v1/generations/camera_motion/list')).json()).toContain('camera orbit left');
  });

  it('makes Ray 1.6: its size, and nothing that it does not take', async () => {
    const { generations } = journey.client();
    const refused = generations.create({ model: 'ray-1-6' as 'ray-2', prompt: 'a kite', duration: '5s' });
    await expect(refused).rejects.toMatchObject({ status: 400, error: { detail: '400: Duration is not supported in Ray 1.6 API' } });
    const ray = await finished(generations.create({ model: 'ray-1.6' as 'ray-2', prompt: 'a kite' }));
    expect(await probe(await download(ray.assets?.video))).toMatchObject({ widthPx: 1360, heightPx: 752, frames: 120 });
  });

  it('begins with a picture, ends with the beginning of a clip, and goes on where a clip ended', async () => {
    const { generations } = journey.client();
    const [between, extended] = await Promise.all([
      finished(
        generations.video.create({
          model: 'ray-2',
          resolution: '540p',
          keyframes: {
            frame0: { type: 'image', url: image.assets?.image as string },
            frame1: { type: 'generation', id: (clip.id as string).toUpperCase() },
          },
        }),
      ),
      finished(
        generations.video.create({
          model: 'ray-2',
          resolution: '540p',
          prompt: 'it goes on',
          keyframes: { frame0: { type: 'generation', id: clip.id as string } },
        }),
      ),
    ]);
    const [source, made, more] = await Promise.all([
      download(clip.assets?.video),
      download(between.assets?.video),
      download(extended.assets?.video),
    ]);
    const picture = await sharp(await download(image.assets?.image))
      .resize(960, 540)
      .ensureAlpha()
      .raw()
      .toBuffer();
    expect(await difference(made, 0, picture)).toBeLessThan(6);
    expect(await difference(made, 119, (await readFrame(source, 0)).pixels)).toBeLessThan(6);
    expect(await difference(more, 0, (await readFrame(source, 119)).pixels)).toBeLessThan(6);
    expect(await difference(more, 60, (await readFrame(source, 119)).pixels)).toBeGreaterThan(10);
  });

  it('closes a loop', async () => {
    const loop = await finished(journey.client().generations.create({ model: 'ray-2', prompt: 'a wheel', resolution: '540p', loop: true }));
    const file = await download(loop.assets?.video);
    const first = (await readFrame(file, 0)).pixels;
    expect(await difference(file, 119, first)).toBeLessThan(3);
    expect(await difference(file, 60, first)).toBeGreaterThan(await difference(file, 119, first));
  });

  it('waits for an image that is asked for with sync, and no longer than it is told', async () => {
    const { generations } = journey.client();
    const url = image.assets?.image as string;
    const done = await generations.image.create({
      model: 'photon-1',
      prompt: 'a poster',
      sync: true,
      sync_timeout: 50,
      image_ref: [{ url, weight: 0.9 }],
      style_ref: [{ url, weight: 0.5 }],
      character_ref: { identity0: { images: [url, url] } },
      modify_image_ref: { url, weight: 0.4 },
    });
    expect(done).toMatchObject({ state: 'completed', assets: { image: expect.any(String) } });
    const early = await generations.image.create({ model: 'photon-1', prompt: 'a poster', sync: true, sync_timeout: 0 });
    expect(early.state).not.toBe('failed');
    expect(early.assets === undefined || early.state === 'completed').toBe(true);
  });

  it('reframes an image and a video, modifies, upscales and adds sound: new generations with prices of their own', async () => {
    const { generations } = journey.client();
    const media = { url: clip.assets?.video as string };
    const [framed, tall, modified, larger, sounding] = await Promise.all([
      finished(
        generations.image.reframe({
          generation_type: 'reframe_image',
          model: 'photon-1',
          aspect_ratio: '1:1',
          media: { url: image.assets?.image as string },
        }),
      ),
      finished(generations.video.reframe({ generation_type: 'reframe_video', model: 'ray-flash-2', aspect_ratio: '9:16', media })),
      finished(
        generations.video.modify({ generation_type: 'modify_video', model: 'ray-flash-2', mode: 'flex_2', media, prompt: 'in blue' }),
      ),
      finished(generations.upscale(clip.id as string, { generation_type: 'upscale_video', resolution: '1080p' })),
      finished(generations.audio(clip.id as string, { generation_type: 'add_audio', prompt: 'ocean waves', negative_prompt: '' })),
    ]);
    expect(await probe(await download(framed.assets?.image))).toMatchObject({ widthPx: 1080, heightPx: 1080 });
    expect(await probe(await download(tall.assets?.video))).toMatchObject({ widthPx: 720, heightPx: 1280, frames: 120, durationS: 5 });
    expect(await probe(await download(modified.assets?.video))).toMatchObject({ widthPx: 960, heightPx: 540, frames: 120 });
    expect(await probe(await download(larger.assets?.video))).toMatchObject({ widthPx: 1920, heightPx: 1080, frames: 120 });
    expect(await probe(await download(sounding.assets?.video))).toMatchObject({ frames: 120, sound: { codec: 'aac', channels: 2 } });
    expect(sounding).toMatchObject({ generation_type: 'video', request: { generation_type: 'add_audio', prompt: 'ocean waves' } });
    expect((await journey.transfersOf(larger.id as string)).map(({ amountCredits }) => amountCredits)).toEqual(['100', '100']);
    const unknown = generations.upscale('00000000-0000-4000-8000-000000000000', {});
    await expect(unknown).rejects.toMatchObject({ status: 404 });
  });

  it('fails what cannot be read with the reason that clients know, and takes nothing for it', async () => {
    const { generations } = journey.client();
    const url = `${journey.platform.run.api}/nothing-here.png`;
    const created = await generations.create({ model: 'ray-2', prompt: 'a hole', keyframes: { frame0: { type: 'image', url } } });
    expect(await journey.untilFinal(created.id as string)).toMatchObject({
      state: 'failed',
      status: 'failed',
      failure_reason: 'Failed to read user input frames',
    });
    expect((await journey.transfersOf(created.id as string)).map(({ code }) => code)).toEqual(['reserve', 'release']);
  });
});

describe('errors in the words of Dream Machine', () => {
  const loop = { model: 'ray-2', prompt: 'a wheel', loop: true };
  const picture = { type: 'image', url: 'https://example.com/a.png' };
  const generation = () => ({ type: 'generation', id: clip.id });
  it.each<[string, () => object, string]>([
    ['/video', () => ({ model: 'ray-2' }), 'Prompt is required'],
    ['/video', () => ({ model: 'ray-2', prompt: 'ab' }), 'Prompt is too short, minimum length is 3 characters'],
    ['/video', () => ({ model: 'ray-2', prompt: 'x'.repeat(5_001) }), 'Prompt is too long, maximum length is 5000 characters'],
    ['/video', () => ({ ...loop, keyframes: { frame1: picture } }), 'Loop is not supported for end frame'],
    ['/video', () => ({ ...loop, keyframes: { frame0: picture, frame1: picture } }), 'Loop is not supported for keyframes'],
    ['/video', () => ({ ...loop, keyframes: { frame1: generation() } }), 'Loop is not supported for extend reverse'],
    ['/video', () => ({ ...loop, keyframes: { frame0: generation(), frame1: generation() } }), 'Loop is not supported for interpolate'],
    ['/video', () => ({ model: 'ray-2', prompt: 'a wheel', keyframes: {} }), 'No keyframes provided'],
    ['', () => ({ generation_type: 'dance', prompt: 'a wheel' }), 'Unknown request type'],
    ['/video/modify', () => ({ model: 'ray-2', mode: 'wild', media: { url: picture.url } }), 'Mode wild is not supported'],
    ['/video', () => ({ model: 'ray-2', prompt: 'a wheel', concepts: [{ key: 'nonsense' }] }), 'Concept nonsense is not supported'],
  ])('$2', async (route, body, detail) => {
    const answer = await post(`/generations${route}`, body());
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([400, expect.stringContaining(detail)]);
  });
});

describe('what breaks a published client', { timeout: 2 * MINUTES }, () => {
  it('bobtista/luma-ai-mcp-server and @ai-sdk/luma: assets are absent until there is an image', async () => {
    const created = (await (await post('/generations/image', { prompt: 'a bell' })).json()) as LumaAI.Generation;
    const seen = [created];
    for (let now = created; now.state !== 'completed'; ) {
      now = (await (await journey.fetch(`/dream-machine/v1/generations/${created.id}`)).json()) as LumaAI.Generation;
      seen.push(now);
    }
    for (const one of seen)
      expect('assets' in one ? typeof one.assets?.image : 'absent').toBe(one.state === 'completed' ? 'string' : 'absent');
  });

  it('luma-api-mcp: no status unless failed, and a completed video has an image', () => {
    expect(clip).not.toHaveProperty('status');
    expect(clip.assets).toMatchObject({ image: expect.any(String), video: expect.any(String) });
  });

  it('@ai-sdk/luma 3: assets share the origin of the API and need no header', async () => {
    expect(new URL(clip.assets?.video as string).origin).toBe(new URL(journey.client().baseURL).origin);
    expect((await fetch(clip.assets?.image as string)).status).toBe(200);
  });

  it('@ai-sdk/luma: every part of a validation error is a string', async () => {
    const answer = await post('/generations/image', { prompt: 'a bell', image_ref: [{ url: 7 }], sync: {} });
    const { detail } = (await answer.json()) as { detail: { loc: unknown[]; input: unknown; msg: unknown }[] };
    for (const { loc, input, msg } of detail) for (const part of [...loc, input, msg]) expect(typeof part).toBe('string');
  });

  it('lumaai 1.7 (ComfyUI) and both MCP servers: videos by POST /generations, with nulls and without a model', async () => {
    const answer = await post('/generations', { prompt: 'a bell', keyframes: null, loop: null, resolution: '540p', concepts: null });
    expect([answer.status, await answer.json()]).toEqual([201, expect.objectContaining({ model: 'ray-2', state: 'queued' })]);
  });

  it('ComfyUI: null references', async () => {
    const nulls = { image_ref: null, style_ref: null, character_ref: null, modify_image_ref: null };
    expect((await post('/generations/image', { prompt: 'a bell', ...nulls })).status).toBe(201);
  });

  it('@ai-sdk/luma: references without _ref, and keys that nobody knows', async () => {
    const url = image.assets?.image as string;
    const body = {
      prompt: 'a bell',
      image: [{ url, weight: 0.85 }],
      style: [{ url }],
      character: { identity0: { images: [url] } },
      modify_image: { url },
      pollIntervalMillis: 500,
    };
    const answer = await post('/generations/image', body);
    expect([answer.status, await answer.json()]).toEqual([
      201,
      expect.objectContaining({ request: expect.objectContaining({ image_ref: [{ url, weight: 0.85 }] }) }),
    ]);
  });

  it('bobtista/luma-ai-mcp-server: a GET and a DELETE with a content type and no query', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await journey.fetch('/dream-machine/v1/generations', { headers })).status).toBe(200);
    const { id } = (await (await post('/generations/image', { prompt: 'a bell' })).json()) as { id: string };
    const gone = await journey.fetch(`/dream-machine/v1/generations/${id}`, { method: 'DELETE', headers });
    expect([gone.status, await gone.text()]).toEqual([204, '']);
  });

  it('every client: the server is the one that validates models', async () => {
    expect((await post('/generations/video', { model: 'ray-9', prompt: 'a bell' })).status).toBe(400);
  });
});

describe('PyPI lumaai', { timeout: 6 * MINUTES }, () => {
  it('1.21.0: every method, with strict validation of every answer', async () => {
    expect(await python('lumaai==1.21.0', PYTHON_NOW)).toEqual({ failed: [], states: expect.not.arrayContaining(['failed']) });
  });

  it('1.7.0, which ComfyUI pins: every method', async () => {
    expect(await python('lumaai==1.7.0', PYTHON_THEN)).toEqual({ failed: [], states: expect.not.arrayContaining(['failed']) });
  });
});

/** Reports what threw, so that one failure does not hide the next. */
const PYTHON_HEAD = `
import json, os, sys
from lumaai import LumaAI
client = LumaAI(auth_token=os.environ['LUMAAI_API_KEY'], _strict_response_validation=True)
clip, url, image = sys.argv[1], sys.argv[2], sys.argv[3]
failed, states = [], []
def attempt(name, call):
    try:
        made = call()
        if getattr(made, 'state', None): states.append(made.state)
        return made
    except Exception as error:
        failed.append(f'{name}: {error!r}'[:300])
g = client.generations
attempt('ping', client.ping.check)
attempt('credits', client.credits.get)
`;
const PYTHON_TAIL = `
attempt('upscale', lambda: g.upscale(clip, resolution='1080p'))
attempt('audio', lambda: g.audio(clip, prompt='wind', negative_prompt=''))
attempt('get', lambda: g.get(clip))
attempt('list', lambda: g.list(limit=3, offset=1))
attempt('delete', lambda: g.delete(made.id))
print(json.dumps({'failed': failed, 'states': states}))
`;
const PYTHON_NOW = `${PYTHON_HEAD}
attempt('concepts', lambda: g.concepts.list())
made = attempt('create', lambda: g.create(model='ray-2', prompt='a hill', resolution='540p', loop=True, concepts=[{'key': 'pan_left'}]))
attempt('video', lambda: g.video.create(model='ray-flash-2', prompt='a hill', keyframes={'frame0': {'type': 'generation', 'id': clip}}))
attempt('modify', lambda: g.video.modify(generation_type='modify_video', model='ray-2', mode='adhere_1', media={'url': url}, first_frame={'url': image}))
attempt('reframe video', lambda: g.video.reframe(generation_type='reframe_video', model='ray-2', aspect_ratio='1:1', media={'url': url}, x_start=10))
attempt('reframe image', lambda: g.image.reframe(generation_type='reframe_image', model='photon-1', aspect_ratio='1:1', media={'url': image}, format='png'))
attempt('image', lambda: g.image.create(model='photon-1', prompt='a hill', sync=True, image_ref=[{'url': image, 'weight': 0.5}], character_ref={'identity0': {'images': [image]}}))
${PYTHON_TAIL}`;
const PYTHON_THEN = `${PYTHON_HEAD}
attempt('camera motion', lambda: g.camera_motion.list())
made = attempt('create', lambda: g.create(prompt='a hill', aspect_ratio='1:1'))
attempt('image', lambda: g.image.create(prompt='a hill', model='photon-1', image_ref=None, style_ref=None, character_ref=None))
${PYTHON_TAIL}`;

async function python(requirement: string, script: string): Promise<unknown> {
  const env = {
    PATH: process.env.PATH,
    LUMAAI_API_KEY: journey.platform.run.keys.other,
    LUMAAI_BASE_URL: `${journey.platform.run.api}/dream-machine/v1`,
  };
  // The other tenant has a clip of its own: ids of this one are nothing to it.
  const others = await finished(
    journey.client('other').generations.create({ model: 'ray-2', prompt: 'a brook', resolution: '540p' }),
    'other',
  );
  const args = ['-c', script, others.id as string, others.assets?.video as string, others.assets?.image as string];
  const { stdout } = await promisify(execFile)(await pythonWith([requirement]), args, { env });
  return JSON.parse(stdout);
}

async function finished(created: PromiseLike<LumaAI.Generation>, key: 'demo' | 'other' = 'demo'): Promise<LumaAI.Generation> {
  const { id } = await created;
  const generation = await journey.untilFinal(id as string, journey.client(key));
  if (generation.state !== 'completed') throw new Error(`generation ${id} failed: ${generation.failure_reason}`);
  return generation;
}

function post(route: string, body: object): Promise<Response> {
  return journey.fetch(`/dream-machine/v1${route}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

let downloads = 0;
async function download(url: string | undefined): Promise<string> {
  const response = await fetch(url as string);
  expect(response.status).toBe(200);
  const file = path.join(tmpdir(), `halogen-dream-machine-${process.pid}-${downloads++}`);
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return file;
}

/** The mean difference of a channel, 0…255, of a frame and a picture of the same size. */
async function difference(file: string, frame: number, picture: Buffer): Promise<number> {
  const { pixels } = await readFrame(file, frame);
  let sum = 0;
  for (let at = 0; at < pixels.length; at++) sum += Math.abs((pixels[at] ?? 0) - (picture[at] ?? 0));
  return sum / pixels.length;
}
