import { expect, it } from 'vitest';
import { orderOf } from '#backends/conformance/stage-runs';
import { DraftMeter } from '#backends/reference/measure-draft';
import { barePainter } from '#backends/reference/scene-painter';
import { judgeDraft } from '#core/generations/judge-draft';
import type { RgbPicture } from '#media/rgb-picture';

it('measures a picture that is half black, half white', () => {
  expect(metricsOf(picture(0, 255))).toEqual({ contrast: expect.closeTo(0.5, 6), meanLuma: expect.closeTo(0.5, 6) }); // no motion: one picture
});

it('measures one even picture as flat', () => {
  expect(metricsOf(picture(51, 51)).contrast).toBeCloseTo(0, 6);
});

it('measures motion as the mean change of a pixel', () => {
  expect(metricsOf(picture(0, 0), picture(0, 255), picture(0, 255)).motion).toBeCloseTo(0.25, 6);
});

it('some first plans are sent back, and none after two replans', () => {
  const sentBack = [0, 1, 2].map((round) => {
    const seeds = Array.from({ length: 60 }, (_, seed) => seed);
    return seeds.filter((seed) => judgeDraft(draftMetricsOf(seed, round)).verdict === 'again').length;
  });
  expect(sentBack[0]).toBeGreaterThan(0);
  expect(sentBack[0]).toBeLessThan(20);
  expect(sentBack[1]).toBeLessThan(sentBack[0] ?? 0);
  expect(sentBack[2]).toBe(0);
});

function draftMetricsOf(seed: number, round: number): Record<string, number> {
  const paint = barePainter(orderOf({ prompt: 'a red fox', seed, round }), { widthPx: 160, heightPx: 90 });
  const meter = new DraftMeter();
  for (let timeS = 0; timeS < 5; timeS += 5 / 6) meter.add(paint(timeS));
  return meter.metrics();
}

function metricsOf(...pictures: RgbPicture[]): Record<string, number> {
  const meter = new DraftMeter();
  for (const one of pictures) meter.add(one);
  return meter.metrics();
}

/** Two grey pixels. */
function picture(left: number, right: number): RgbPicture {
  return { widthPx: 2, heightPx: 1, channels: 3, pixels: Buffer.from([left, left, left, right, right, right]) };
}
