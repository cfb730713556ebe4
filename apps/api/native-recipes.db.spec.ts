import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import { submitAll } from '#features/generations/submit-group';
import { anImage, aTenant } from '#testing/builders';

let api: ApiUnderTest;
let key: string;
let clip: string;
let still: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  const tenantId = await aTenant(api.control, 10_000_000_000n);
  key = await api.aKey(tenantId, ['generations:read', 'generations:write']);
  const film = quote({ kind: 'video', model: 'ray-2' }, CURRENT_RATE_CARD);
  if ('refused' in film) throw new Error(film.message);
  const [video, image] = [anImage(tenantId, { quote: film, request: { prompt: 'a brook' } }), anImage(tenantId)];
  await api.control.transaction('submit', [], (tx) => submitAll(tx, [video, image], false));
  await api.control.query(
    `UPDATE generations SET state = 'completed', finished_at = now(), assets = CASE WHEN kind = 'video'
       THEN jsonb_build_object('video', tenant_id || '/' || id || '/1/package-0-1/video.mp4', 'image', tenant_id || '/' || id || '/1/package-0-1/image.jpg')
       ELSE jsonb_build_object('image', tenant_id || '/' || id || '/1/render-0-1/image.jpg') END WHERE tenant_id = $1`,
    [tenantId],
  );
  [clip, still] = [video.id, image.id];
});
afterAll(() => api.stop());

const url = 'https://example.com/a.png';
const film = 'https://example.com/a.mp4';

/** What was kept of a request, without what is drawn by lot. */
async function kept(route: string, body: object) {
  const made = await api.call(key, 'POST', route, body);
  expect([made.status, made.text.slice(0, 300)]).toEqual([201, expect.any(String)]);
  const [row] = await api.control.query('SELECT model, prompt, output, stages, recipe, price_micro FROM generations WHERE id = $1', [
    made.body.id,
  ]);
  return row;
}

it.each<[string, () => object, string, () => object]>([
  [
    'an image with references of every kind',
    () => ({
      model: 'photon-1',
      prompt: 'a bell',
      references: { images: [{ url, weight: 0.3 }], styles: [{ url }], characters: [{ urls: [url, url] }], modify: { url, weight: 0.5 } },
    }),
    '/image',
    () => ({
      ...{ prompt: 'a bell', image_ref: [{ url, weight: 0.3 }], style_ref: [{ url }], modify_image_ref: { url, weight: 0.5 } },
      character_ref: { identity0: { images: [url, url] } },
    }),
  ],
  [
    'keyframes, concepts',
    () => ({ model: 'ray-2', prompt: 'a bell', concepts: ['dolly_zoom'], keyframes: { first: { url }, last: { generationId: clip } } }),
    '/video',
    () => ({
      ...{ model: 'ray-2', prompt: 'a bell', concepts: [{ key: 'dolly_zoom' }] },
      keyframes: { frame0: { type: 'image', url }, frame1: { type: 'generation', id: clip } },
    }),
  ],
  ['a loop', () => ({ model: 'ray-2', prompt: 'a bell', loop: true }), '/video', () => ({ model: 'ray-2', prompt: 'a bell', loop: true })],
  [
    'upscale',
    () => ({ operation: 'upscale', source: { generationId: clip }, resolution: '4k' }),
    '/CLIP/upscale',
    () => ({ resolution: '4k' }),
  ],
  [
    'add audio',
    () => ({ operation: 'add_audio', source: { generationId: clip }, prompt: 'waves', negativePrompt: 'wind' }),
    '/CLIP/audio',
    () => ({ prompt: 'waves', negative_prompt: 'wind' }),
  ],
  [
    'reframe a video',
    () => ({
      operation: 'reframe',
      model: 'ray-2',
      aspectRatio: '1:1',
      source: { url: film },
      placement: { xStart: 10 },
      firstFrame: { url },
    }),
    '/video/reframe',
    () => ({ model: 'ray-2', aspect_ratio: '1:1', media: { url: film }, x_start: 10, first_frame: { url } }),
  ],
  [
    'reframe an image',
    () => ({ operation: 'reframe', model: 'photon-1', aspectRatio: '1:1', source: { url }, format: 'png' }),
    '/image/reframe',
    () => ({ model: 'photon-1', aspect_ratio: '1:1', media: { url }, format: 'png' }),
  ],
  [
    'modify',
    () => ({ operation: 'modify', model: 'ray-flash-2', mode: 'flex_2', source: { url: film }, prompt: 'in blue' }),
    '/video/modify',
    () => ({ model: 'ray-flash-2', mode: 'flex_2', media: { url: film }, prompt: 'in blue' }),
  ],
])('is the same natively as by Dream Machine: %s', async (_what, native, route, dreamMachine) => {
  const theirs = await kept(`/dream-machine/v1/generations${route.replace('CLIP', clip)}`, dreamMachine());
  expect(await kept('/api/v1/generations', native())).toEqual(theirs);
});

it('reads a generation as a source from the storage, and quotes it without making it', async () => {
  const wish = { operation: 'reframe', model: 'photon-1', aspectRatio: '1:1', source: { generationId: still } };
  const row = (await kept('/api/v1/generations', wish)) as { recipe: { inputs: unknown[] } };
  expect(row.recipe.inputs).toMatchObject([{ name: 'media', from: { asset: expect.stringContaining(still) } }]);
  const quoted = await api.call(key, 'POST', '/api/v1/generations/quote', {
    operation: 'upscale',
    source: { generationId: clip },
    resolution: '1080p',
  });
  expect([quoted.status, quoted.body.priceCredits]).toEqual([200, '100']);
});

it.each<[string, () => object, number]>([
  ['no model', () => ({ prompt: 'a bell' }), 422],
  ['no prompt', () => ({ model: 'ray-2' }), 422],
  ['keyframes for an image', () => ({ model: 'photon-1', prompt: 'a bell', keyframes: { first: { url } } }), 400],
  ['references for a video', () => ({ model: 'ray-2', prompt: 'a bell', references: { images: [{ url }] } }), 400],
  ['an upscale without a source', () => ({ operation: 'upscale' }), 400],
  ['an upscale of a picture', () => ({ operation: 'upscale', source: { generationId: still } }), 400],
  ['an upscale by another model', () => ({ operation: 'upscale', model: 'photon-1', source: { generationId: clip } }), 400],
  ['a source that is not ours', () => ({ operation: 'upscale', source: { generationId: '00000000-0000-4000-8000-000000000000' } }), 400],
  ['a modification without a mode', () => ({ operation: 'modify', model: 'ray-2', source: { url: film } }), 400],
  ['a loop to an end frame', () => ({ model: 'ray-2', prompt: 'a bell', loop: true, keyframes: { last: { url } } }), 400],
])('refuses %s', async (_what, body, status) => {
  expect((await api.call(key, 'POST', '/api/v1/generations', body())).status).toBe(status);
});
