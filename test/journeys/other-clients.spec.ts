import { setTimeout as sleep } from 'node:timers/promises';
import { createLuma as createLuma3 } from '@ai-sdk/luma';
import { createLuma as createLuma2 } from 'ai-sdk-luma-2';
import type LumaAI from 'lumaai';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JourneyPlatform } from '#test/journeys/journey-platform';

const MINUTES = 60_000;
const ROOT = '/dream-machine/v1';
let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterAll(() => journey.stop());

/** Published for Node: only images, an origin as base URL, references without `_ref`, its own poll. Version 3 checks where an image comes from. */
describe.each(['2.0.57', '3.0.41'])('@ai-sdk/luma %s', (version) => {
  const settings = () => ({ apiKey: journey.platform.run.keys.demo, baseURL: journey.platform.run.api });
  const providerOptions = (more = {}) => ({ luma: { pollIntervalMillis: 100, ...more } });
  const nothing = { n: 1, size: undefined, seed: undefined, mask: undefined };

  async function generate(prompt: string | undefined, files?: { type: 'url'; url: string }[], more = {}): Promise<Buffer> {
    const wish = { ...nothing, aspectRatio: '1:1' as const, prompt, files, providerOptions: providerOptions(more) };
    const model = version.startsWith('3') ? createLuma3(settings()).image('photon-1') : createLuma2(settings()).image('photon-1');
    const { images } = await model.doGenerate(wish);
    return Buffer.from(images[0] as Uint8Array);
  }

  it('makes an image and downloads it', async () => {
    expect(await generate('a lighthouse at dusk')).toMatchObject({ 0: 0xff, 1: 0xd8 });
  });

  it('sends references of every kind, and keys that nobody knows', async () => {
    const made = await journey.client().generations.image.create({ model: 'photon-1', prompt: 'a red poppy field' });
    const { assets } = await journey.untilFinal(made.id as string);
    const files = [{ type: 'url' as const, url: assets?.image as string }];
    for (const referenceType of ['image', 'style', 'character', 'modify_image']) {
      expect((await generate('a bell', files, { referenceType, anything: { of: ['ours'] } })).length).toBeGreaterThan(1_000);
    }
  });

  it('shows what is wrong with a request, not only that something is', async () => {
    await expect(generate('a bell', [{ type: 'url', url: 'nowhere' }])).rejects.toThrow(/URL/i);
    await expect(generate(undefined)).rejects.toMatchObject({ statusCode: 400 });
  });
});

/** As lumalabs/luma-api-mcp polls: it looks at `status` and `assets` and at nothing else, and takes no answer for failed but by its assets. */
describe('luma-api-mcp', () => {
  const MAX_POLLS = 600;

  async function polled(route: string, body: object, wanted: readonly string[]): Promise<Record<string, string> | 'failed'> {
    const created = await post(route, body);
    const { id } = (await created.json()) as { id: string };
    for (let poll = 0; poll < MAX_POLLS; poll += 1) {
      // biome-ignore lint/suspicious/noExplicitAny: what a client without types sees.
      const seen = (await (await journey.fetch(`${ROOT}/generations/${id.toUpperCase()}`)).json()) as any;
      if (seen.status === 'failed') return 'failed';
      // A final status together with missing assets would hold it in its loop for ever.
      expect(seen.status).toBeUndefined();
      if (seen.assets && wanted.every((name) => typeof seen.assets[name] === 'string')) return seen.assets;
      await sleep(100);
    }
    throw new Error('it would poll for ever');
  }

  it('makes an image, and a video by the old path: it waits for a video and a picture of it', async () => {
    await polled('/generations/image', { prompt: 'a bell', model: 'photon-1' }, ['image']);
    const assets = await polled('/generations', { prompt: 'a bell', model: 'ray-1-6', loop: false }, ['image', 'video']);
    for (const url of Object.values(assets)) expect((await fetch(url)).status).toBe(200);
  });

  it('stops polling a video that failed', async () => {
    const keyframes = { frame0: { type: 'image', url: `${journey.platform.run.api}/nothing-here.png` } };
    expect(await polled('/generations', { prompt: 'a hole', model: 'ray-2', keyframes }, ['video'])).toBe('failed');
  });
});

/** As bobtista/luma-ai-mcp-server asks: lists by a body of its GET, reads `assets` of every answer, and sends a content type with nothing. */
describe('luma-ai-mcp-server', { timeout: 4 * MINUTES }, () => {
  const json = { 'content-type': 'application/json' };

  it('pings, reads credits and joins the camera motions', async () => {
    expect((await journey.fetch(`${ROOT}/ping`, { headers: json })).status).toBe(200);
    const credits = (await (await journey.fetch(`${ROOT}/credits`, { headers: json })).json()) as { credit_balance: number };
    expect(credits.credit_balance).toBeGreaterThan(0);
    const motions = (await (await journey.fetch(`${ROOT}/generations/camera_motion/list`, { headers: json })).json()) as string[];
    expect(motions.join(', ')).toContain('camera orbit left');
  });

  it('lists with a limit in the body of its GET', async () => {
    const { statusCode, body } = await getWithBody('/generations', { limit: 10, offset: 0 });
    expect([statusCode, Array.isArray(body.generations)]).toEqual([200, true]);
  });

  it('creates, upscales and adds sound: 201 with a generation that has an id and a state', async () => {
    const source = await post('/generations', { prompt: 'a brook', model: 'ray-flash-2', resolution: '540p', duration: '5s' });
    expect(source.status).toBe(201);
    const { id } = (await source.json()) as { id: string };
    await journey.untilFinal(id);
    for (const [what, body] of [
      ['upscale', { resolution: '1080p' }],
      ['audio', { prompt: 'water', negative_prompt: '' }],
    ] as const) {
      const answer = await post(`/generations/${id}/${what}`, body);
      const made = (await answer.json()) as LumaAI.Generation;
      expect([answer.status, made.state, typeof made.id, made.id === id, 'assets' in made]).toEqual([
        201,
        'queued',
        'string',
        false,
        false,
      ]);
      await journey.untilFinal(made.id as string);
    }
    const gone = await journey.fetch(`${ROOT}/generations/${id}`, { method: 'DELETE', headers: json });
    expect([gone.status, await gone.text()]).toEqual([204, '']);
  });
});

describe('what breaks the others', () => {
  it('every client: a create answers 201 with the generation, on every path', async () => {
    for (const [route, body] of [
      ['/generations/image', { prompt: 'a bell' }],
      ['/generations/video', { prompt: 'a bell', resolution: '540p' }],
      ['/generations', { prompt: 'a bell', resolution: '540p' }],
    ] as const) {
      const answer = await post(route, body);
      expect([answer.status, await answer.json()]).toEqual([
        201,
        expect.objectContaining({ id: expect.any(String), state: 'queued', created_at: expect.any(String), model: expect.any(String) }),
      ]);
    }
  });

  it('ComfyUI-LumaAI-API: names Ray 1.6 in its own way, and sends what that model does not take', async () => {
    const made = await post('/generations', { prompt: 'a kite', model: 'ray-1.6' });
    expect([made.status, ((await made.json()) as { model: string }).model]).toEqual([201, 'ray-1-6']);
    const refused = await post('/generations', { prompt: 'a kite', model: 'ray-1.6', duration: '5s', resolution: '720p' });
    expect([refused.status, ((await refused.json()) as { detail: unknown }).detail]).toEqual([
      400,
      '400: Duration is not supported in Ray 1.6 API',
    ]);
  });

  it('lumaai and @ai-sdk/luma: base URLs with and without the prefix lead to one generation', async () => {
    const { id } = await journey.client().generations.image.create({ model: 'photon-1', prompt: 'one origin' });
    const byOrigin = await journey.fetch(`/dream-machine/v1/generations/${id}`);
    expect(((await byOrigin.json()) as { id: string }).id).toBe(id);
    // One origin serves the native API of the same generation too.
    expect((await journey.fetch(`/api/v1/generations/${id}`)).status).toBe(200);
  });

  it('lumaai: what its telemetry headers say changes nothing', async () => {
    const headers = {
      'x-stainless-lang': 'js',
      'x-stainless-timeout': '60',
      'x-stainless-async': 'false',
      'x-stainless-read-timeout': '1',
    };
    expect((await post('/generations/image', { prompt: 'a bell' }, headers)).status).toBe(201);
  });
});

function post(route: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return journey.fetch(`${ROOT}${route}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** `fetch` refuses to send such a request; some clients do. */
async function getWithBody(route: string, body: object): Promise<{ statusCode: number; body: { generations?: unknown } }> {
  const answer = await request(`${journey.platform.run.api}${ROOT}${route}`, {
    method: 'GET',
    headers: { authorization: `Bearer ${journey.platform.run.keys.demo}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { statusCode: answer.statusCode, body: (await answer.body.json()) as { generations?: unknown } };
}
