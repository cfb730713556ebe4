import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { aVideo, orderOf, pixelsOf, StageRuns } from '#backends/conformance/stage-runs';
import { createBackend } from '#backends/registry';
import { MODIFY_MODES, PLAIN_RECIPE, type Treatment, treatmentOf } from '#core/generations/recipe';
import { readFrame } from '#media/mp4/read-frame';
import { encodePng } from '#media/png/encode-png';
import { probe } from '#media/probe';
import type { RgbPicture } from '#media/rgb-picture';

const runs = new StageRuns(createBackend('reference'));
afterEach(() => runs.remove());

it('begins and ends with its keyframes', async () => {
  const [frame0, frame1] = [await plain('red', [200, 30, 30]), await plain('blue', [30, 30, 200])];
  const clip = (await runs.runVideo(orderOf({ inputs: {} }))).artifact('video').path;
  const keyed = (await runs.run(orderOf({ inputs: { frame0, frame1 } }))).artifact('master').path;
  expect(meanOf(await readFrame(keyed, 0))).toEqual([close(200), close(30), close(30)]);
  expect(meanOf(await readFrame(keyed, 71))).toEqual([close(30), close(30), close(200)]);
  expect(distance(await readFrame(keyed, 36), await readFrame(clip, 36))).toBeLessThan(3); // between them it is the scene
});

it('leaves its source the more, the farther the mode', async () => {
  const media = (await runs.runVideo(orderOf({ prompt: 'another scene', seed: 3 }))).artifact('video').path;
  const source = await readFrame(media, 20);
  const distances: number[] = [];
  for (const mode of [MODIFY_MODES[0], MODIFY_MODES[4], MODIFY_MODES[8]] as const) {
    const { artifact } = await runs.run(orderOf({ treatment: doing({ operation: 'modify', mode }), inputs: { media } }));
    distances.push(distance(await readFrame(artifact('master').path, 20), source));
  }
  expect(distances).toEqual(distances.toSorted((one, other) => one - other));
});

it('keeps sound when made larger, and gets one from a prompt, the same each time', async () => {
  const video = (await runs.runVideo(orderOf({}))).artifact('video').path;
  const hear = async (prompt: string) => {
    const order = orderOf({ stage: 'audio', prompt, treatment: doing({ operation: 'add_audio' }), inputs: { source: video } });
    const master = (await runs.run(order)).artifact('master').path;
    return runs.run({ ...order, stage: 'package', inputs: { master, source: video } });
  };
  const sounding = (await hear('rain and drums')).artifact('video');
  expect(await probe(sounding.path)).toMatchObject({ frames: 72, sound: { codec: 'aac', channels: 2 } });
  expect(sounding.bytes).toBe((await hear('rain and drums')).artifact('video').bytes);
  expect(sounding.bytes).not.toBe((await hear('silence')).artifact('video').bytes);

  const larger = { ...aVideo, widthPx: aVideo.widthPx * 2, heightPx: aVideo.heightPx * 2 };
  const upscale = orderOf({
    stage: 'upscale',
    output: larger,
    treatment: doing({ operation: 'upscale' }),
    inputs: { source: sounding.path },
  });
  const master = (await runs.run(upscale)).artifact('master').path;
  const packed = (await runs.run({ ...upscale, stage: 'package', inputs: { master, source: sounding.path } })).artifact('video');
  expect(await probe(packed.path)).toMatchObject({ widthPx: 360, heightPx: 640, frames: 72, sound: { codec: 'aac' } });
});

it('shows references as strongly as they weigh', async () => {
  const output = { kind: 'image', widthPx: 320, heightPx: 180, format: 'png' } as const;
  const modify = await plain('red', [200, 30, 30]);
  const [without, weak, strong] = await Promise.all(
    [undefined, 0.2, 0.9].map(async (weight) => {
      const treatment = doing({ weights: weight === undefined ? {} : { modify: weight } });
      const { artifact } = await runs.run(orderOf({ output, treatment, inputs: weight === undefined ? {} : { modify } }));
      return pixelsOf(artifact('image'));
    }),
  );
  const change = (pixels: Buffer | undefined) => mean(Array.from(pixels ?? [], (value, at) => Math.abs(value - (without?.[at] ?? 0))));
  expect(change(weak)).toBeGreaterThan(1);
  expect(change(strong)).toBeGreaterThan(2 * change(weak));
});

function doing(changes: Partial<Treatment>): Treatment {
  return { ...treatmentOf(PLAIN_RECIPE), ...changes };
}

async function plain(name: string, [red, green, blue]: [number, number, number]): Promise<string> {
  const { workDir } = await runs.run(orderOf({ stage: 'draft' })); // for a folder that is removed
  const path = join(workDir, `${name}.png`);
  const picture = {
    widthPx: 90,
    heightPx: 160,
    channels: 4,
    pixels: Buffer.alloc(90 * 160 * 4, Buffer.from([red, green, blue, 255])),
  } as const;
  await writeFile(path, await encodePng(picture, { title: 't', comment: 'c' }));
  return path;
}

function close(value: number) {
  return expect.closeTo(value, -1); // within 5: the video is coded with losses
}

function meanOf({ pixels }: RgbPicture): number[] {
  return [0, 1, 2].map((channel) => mean(Array.from(pixels).filter((_, at) => at % 4 === channel)));
}

function distance(one: RgbPicture, other: RgbPicture): number {
  return mean(Array.from(one.pixels, (value, at) => Math.abs(value - (other.pixels[at] ?? 0))));
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
