import { describe, expect, it } from 'vitest';
import { ASPECT_RATIOS, MODELS } from '#core/catalog/models';
import { type OutputRequest, quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import { sizeOf } from '#core/catalog/sizes';
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
    for (const resolution of model.kind === 'video' ? model.resolutions : [undefined]) {
      for (const duration of model.kind === 'video' ? model.durations : [undefined]) {
        expect(quoted({ kind: model.kind, model: name, resolution, duration }).priceMicro).toBeGreaterThan(0n);
      }
    }
  }
});

describe('what is not offered', () => {
  it.each<[Partial<OutputRequest>, string]>([
    [{ model: 'ray-7' }, 'Model ray-7 is not supported. Valid: ray-2'],
    [{ model: 'ray-flash-2' }, 'Model ray-flash-2 is not supported yet. Valid: ray-2'],
    [{ model: 'photon-1' }, 'Model photon-1 is not supported. Valid: ray-2'],
    [{ resolution: '4k' }, 'Resolution 4k is not supported yet. Valid: 540p, 720p'],
    [{ duration: '7s' }, 'Duration 7s is not supported. Valid: 5s, 9s'],
    [{ aspectRatio: '2:1' }, 'Aspect ratio 2:1 is not supported. Valid: 1:1, 16:9, 9:16, 4:3, 3:4, 21:9, 9:21'],
    [{ model: 'constructor' }, 'Model constructor is not supported. Valid: ray-2'],
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
