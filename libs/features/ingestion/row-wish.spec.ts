import { describe, expect, it } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import { CreateGeneration } from '#contracts/native/generations';
import { quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import { RowReader } from '#features/ingestion/row-wish';
import type { Media, SourceGeneration } from '#features/understanding/media.service';
import { understandNative } from '#features/understanding/native.service';

const VIDEO_ID = '11111111-1111-4111-8111-111111111111';
const UNFINISHED_ID = '22222222-2222-4222-8222-222222222222';
const LINK = 'https://media.example/picture.jpg';

const video: SourceGeneration = {
  model: 'ray-2',
  state: 'completed',
  output: { kind: 'video', widthPx: 960, heightPx: 540, durationS: 5, framesPerSecond: 24 },
  assets: { image: 'tenant/a/image.jpg', video: 'tenant/a/video.mp4' },
  request: { prompt: 'a red kite' },
};
const media: Media = {
  placeOf: (url) => ({ url }),
  find: async (id) => ({ [VIDEO_ID]: video, [UNFINISHED_ID]: { ...video, state: 'running' as const, assets: null } })[id] ?? null,
  urlOf: (key) => `https://assets.example/${key}`,
};

const reader = (options: object = {}) =>
  new RowReader(BatchOptions.parse(options), { allowedModels: null, closedPoolClasses: [], units: {} }, media);

describe('a native row is understood as the same request alone', () => {
  it.each([
    {
      what: 'references',
      body: { model: 'photon-1', prompt: 'a red fox', references: { images: [{ url: LINK, weight: 0.5 }], styles: [{ url: LINK }] } },
    },
    { what: 'characters', body: { model: 'photon-1', prompt: 'a red fox', references: { characters: [{ urls: [LINK, LINK] }] } } },
    {
      what: 'keyframes',
      body: { model: 'ray-2', prompt: 'a red fox', keyframes: { first: { url: LINK }, last: { generationId: VIDEO_ID } } },
    },
    { what: 'a loop and concepts', body: { model: 'ray-2', prompt: 'a red fox', loop: true, concepts: ['dolly_zoom'] } },
    { what: 'an upscale', body: { operation: 'upscale', source: { generationId: VIDEO_ID }, resolution: '4k' } },
    { what: 'audio', body: { operation: 'add_audio', source: { generationId: VIDEO_ID }, prompt: 'wind', negativePrompt: 'voices' } },
    { what: 'a reframe of an image', body: { operation: 'reframe', model: 'photon-1', source: { url: LINK }, aspectRatio: '9:16' } },
    {
      what: 'a reframe of a video',
      body: { operation: 'reframe', model: 'ray-2', source: { generationId: VIDEO_ID }, aspectRatio: '1:1' },
    },
    { what: 'a modification', body: { operation: 'modify', model: 'ray-2', source: { url: LINK }, mode: 'flex_1', prompt: 'at night' } },
  ])('$what', async ({ body }) => {
    const alone = await understandNative(CreateGeneration.parse(body), media);
    const row = await reader().read(body);
    const { stages, output, outputKey, burnLaneMs } = quote(alone.output, CURRENT_RATE_CARD) as Exclude<
      ReturnType<typeof quote>,
      { refused: string }
    >;
    expect(row).toMatchObject({ prompt: alone.prompt, recipe: alone.recipe, quote: { stages, output, outputKey, burnLaneMs }, echo: body });
  });

  it.each([
    { body: { operation: 'upscale', source: { generationId: UNFINISHED_ID } }, field: null, reason: 'Generation is not completed' },
    { body: { operation: 'upscale', source: { generationId: LINK } }, field: 'source.generationId', reason: /Invalid/ },
    { body: { operation: 'reframe', model: 'ray-2', source: { url: LINK } }, field: null, reason: 'aspectRatio is required' },
    { body: { model: 'photon-1', prompt: 'a red fox', mode: 'flex_1' }, field: null, reason: /^mode means nothing for image/ },
    { body: { model: 'photon-1' }, field: 'prompt', reason: 'is required' },
    { body: { model: 'ray-2', keyframes: { first: { generationId: UNFINISHED_ID } } }, field: null, reason: /not completed/ },
  ])('and refused as it: $body', async ({ body, field, reason }) => {
    expect(await reader().read(body)).toEqual({ refused: 'bad_row', field, reason: expect.stringMatching(reason) });
  });
});

it('answers a row from its prompt alone at once, and without a recipe', () => {
  expect(reader().read({ model: 'photon-1', prompt: 'a red fox' })).toMatchObject({ prompt: 'a red fox', recipe: null });
  expect(reader().read({ generation_type: 'image', prompt: 'a red fox' })).toMatchObject({ recipe: null, echo: { model: 'photon-1' } });
});

describe('a row in the words of Dream Machine', () => {
  it('brings its references, and its own callback', async () => {
    const body = {
      generation_type: 'image',
      prompt: 'a red fox',
      image_ref: [{ url: LINK }],
      callback_url: 'https://customer.example/hook',
    };
    expect(await reader({ callbackUrl: 'https://customer.example/all' }).read(body)).toMatchObject({
      surface: 'dream_machine',
      callbackUrl: 'https://customer.example/hook',
      recipe: { operation: 'create', weights: { image1: 0.85 }, inputs: [{ name: 'image1', kind: 'image', from: { url: LINK } }] },
      echo: body,
    });
  });

  it.each([
    { generation_type: 'reframe_image', media: { url: LINK }, aspect_ratio: '9:16' },
    { generation_type: 'reframe_video', media: { url: LINK }, aspect_ratio: '9:16' },
    { generation_type: 'modify_video', media: { url: LINK }, mode: 'adhere_1' },
    { generation_type: 'video', prompt: 'a red fox', keyframes: { frame0: { type: 'generation', id: VIDEO_ID } } },
  ])('may be of any kind that its body tells whole: $generation_type', async (body) => {
    expect(await reader().read(body)).toMatchObject({ echo: body, recipe: { inputs: [{ from: expect.anything() }] } });
  });

  it.each([
    { body: { generation_type: 'upscale_video' }, field: 'generation_type', reason: /^must be one of image, video/ },
    { body: { generation_type: 'image', prompt: 'ab' }, field: 'prompt', reason: /too short/ },
    { body: { generation_type: 'modify_video', media: { url: LINK }, mode: 'wild' }, field: null, reason: /^Mode wild/ },
    { body: { generation_type: 'image', prompt: 7 }, field: 'prompt', reason: /expected string/ },
  ])('is refused by the rules of that API: $body', async ({ body, field, reason }) => {
    expect(await reader().read(body)).toEqual({ refused: 'bad_row', field, reason: expect.stringMatching(reason) });
  });
});

it('reads media from the cells of a CSV: a link, or JSON', async () => {
  const columns = ['operation', 'model', 'picture', 'aspect_ratio', 'placement'];
  const values = ['reframe', 'photon-1', LINK, '9:16', '{"gridPositionX": 10}'];
  const row = await reader({ columns: { picture: 'source' } }).readColumns(columns, values);
  expect(row).toMatchObject({ recipe: { operation: 'reframe', placement: { gridPositionX: 10 }, inputs: [{ from: { url: LINK } }] } });
});

it('refuses a row whose model runs only where inputs are trained on', () => {
  const strict = new RowReader(BatchOptions.parse({}), { allowedModels: null, closedPoolClasses: ['halo-1'], units: {} }, media);
  expect(strict.read({ model: 'photon-1', prompt: 'a red fox' })).toMatchObject({ reason: expect.stringContaining('may train on inputs') });
});
