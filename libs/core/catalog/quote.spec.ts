import { describe, expect, it } from 'vitest';
import { ASPECT_RATIOS, MODELS } from '#core/catalog/models';
import { type OutputRequest, quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD, RATE_CARDS } from '#core/catalog/rate-cards';
import { sizeOf } from '#core/catalog/sizes';
import { hashText } from '#core/generations/seeded-random';
import { formatCredits } from '#core/ledger/credits';

const quoted = (request: OutputRequest) => {
  const outcome = quote(request, CURRENT_RATE_CARD);
  if ('refused' in outcome) throw new Error(outcome.message);
  return outcome;
};

it('prices Photon 1 at 1.5 US cents: five credits', () => {
  const { priceMicro, output } = quoted({ kind: 'image', model: 'photon-1' });
  expect(formatCredits(priceMicro)).toBe('5');
  expect(output).toEqual({ kind: 'image', widthPx: 1920, heightPx: 1080, format: 'jpg' });
});

it('takes the defaults of a model', () => {
  expect(quoted({ kind: 'video', model: 'ray-2' }).output).toEqual({
    kind: 'video',
    widthPx: 1280,
    heightPx: 720,
    durationS: 5,
    framesPerSecond: 24,
  });
});

it('has a rate for every output of every model', () => {
  for (const [name, model] of Object.entries(MODELS)) {
    const told = model.kind === 'video' && !model.fixed ? model : undefined;
    for (const resolution of told?.resolutions ?? [undefined]) {
      for (const duration of told?.durations ?? [undefined]) {
        expect(quoted({ kind: model.kind, model: name, resolution, duration }).priceMicro).toBeGreaterThan(0n);
      }
    }
  }
});

it('has a rate for everything that can be done with what is there', () => {
  for (const [name, model] of Object.entries(MODELS)) {
    const remakes: OutputRequest['operation'][] = model.kind === 'image' ? ['reframe'] : model.remakes ? ['reframe', 'modify'] : [];
    for (const operation of remakes) expect(quoted({ kind: model.kind, model: name, operation }).priceMicro).toBeGreaterThan(0n);
    if (model.kind === 'image') continue;
    for (const resolution of ['1080p', '4k']) {
      expect(quoted({ kind: 'video', model: name, operation: 'upscale', resolution, source: aSource('720p') }).priceMicro).toBeGreaterThan(
        0n,
      );
    }
    expect(quoted({ kind: 'video', model: name, operation: 'add_audio', source: aSource('720p') }).priceMicro).toBeGreaterThan(0n);
  }
});

it('knows a model by the name that ComfyUI sends: ray-1.6', () => {
  expect(quoted({ kind: 'video', model: 'ray-1.6' })).toMatchObject({
    model: 'ray-1-6',
    output: { widthPx: 1360, heightPx: 752, durationS: 5 },
  });
});

it('prices an upscale by the begun seconds of its source', () => {
  const upscale = { kind: 'video', model: 'ray-2', operation: 'upscale', resolution: '4k' } as const;
  const one = quoted({ ...upscale, source: { ...aSource('720p'), durationS: 1 } });
  const more = quoted({ ...upscale, source: { ...aSource('720p'), durationS: 2.5 } });
  expect(more.priceMicro).toBe(one.priceMicro * 3n);
  expect(more).toMatchObject({
    output: { widthPx: 3840, heightPx: 2160, durationS: 2.5 },
    stages: ['fetch', 'upscale', 'package', 'publish'],
  });
});

it('never changes a published rate card', () => {
  const published = RATE_CARDS.map(({ version, rates }) => `${version}: ${rates.length} rates, ${hashText(JSON.stringify(rates))}`);
  expect(published).toMatchInlineSnapshot(`
    [
      "1: 5 rates, 1341844702",
      "2: 34 rates, 3121237797",
    ]
  `);
});

describe('what is not offered', () => {
  it.each<[Partial<OutputRequest>, string]>([
    [{ model: 'ray-7' }, 'Model ray-7 is not supported. Valid: ray-2, ray-flash-2, ray-1-6'],
    [{ model: 'photon-1' }, 'Model photon-1 is not supported. Valid: ray-2, ray-flash-2, ray-1-6'],
    [{ resolution: '8k' }, 'Resolution 8k is not supported. Valid: 540p, 720p, 1080p, 4k'],
    [{ model: 'ray-1-6', duration: '5s' }, '400: Duration is not supported in Ray 1.6 API'],
    [{ model: 'ray-1.6', resolution: '720p' }, '400: Resolution is not supported in Ray 1.6 API'],
    [{ model: 'ray-1-6', operation: 'modify' }, 'Model ray-1-6 is not supported. Valid: ray-2, ray-flash-2'],
    [
      { operation: 'upscale', resolution: '1080p', source: aSource('1080p') },
      'Resolution 1080p is no more than the video has: its short side is 1080 pixels',
    ],
    [{ operation: 'upscale', resolution: '720p', source: aSource('540p') }, 'Resolution 720p is not supported. Valid: 1080p, 4k'],
    [{ duration: '7s' }, 'Duration 7s is not supported. Valid: 5s, 9s'],
    [{ aspectRatio: '2:1' }, 'Aspect ratio 2:1 is not supported. Valid: 1:1, 16:9, 9:16, 4:3, 3:4, 21:9, 9:21'],
    [{ model: 'constructor' }, 'Model constructor is not supported. Valid: ray-2, ray-flash-2, ray-1-6'],
  ])('%j', (more, message) => {
    const outcome = quote({ kind: 'video', model: 'ray-2', ...more }, CURRENT_RATE_CARD);
    expect('refused' in outcome ? outcome.message : '').toBe(message);
  });
});

it('gives every size even sides, the short one the number', () => {
  for (const ratio of ASPECT_RATIOS) {
    for (const resolution of ['540p', '720p', '1080p']) {
      const { widthPx, heightPx } = sizeOf(resolution, ratio);
      expect(Math.min(widthPx, heightPx)).toBe(Number.parseInt(resolution, 10));
      expect((widthPx % 2) + (heightPx % 2)).toBe(0);
    }
  }
  expect(sizeOf('540p', '16:9')).toEqual({ widthPx: 960, heightPx: 540 });
  expect(sizeOf('720p', '21:9')).toEqual({ widthPx: 1680, heightPx: 720 });
});

function aSource(resolution: string) {
  return { kind: 'video', ...sizeOf(resolution, '16:9'), durationS: 5, framesPerSecond: 24 } as const;
}
