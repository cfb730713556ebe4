import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFrame } from '#media/mp4/read-frame';
import { remuxMp4 } from '#media/mp4/remux-mp4';
import { writeMp4 } from '#media/mp4/write-mp4';
import { probe } from '#media/probe';

const format = { widthPx: 64, heightPx: 48, framesPerSecond: 24 };
const notes = { title: 'a title', comment: 'a comment' };
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'halogen-mp4-'));
  path = join(folder, 'test.mp4');
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  { frames: 1, durationS: 1 / 24, keyframes: 1 },
  { frames: 48, durationS: 2, keyframes: 1 },
  { frames: 49, durationS: 49 / 24, keyframes: 2 }, // one every 2 s
  { frames: 120, durationS: 5, keyframes: 3 },
])('$frames frames last exactly $durationS s', async ({ frames, durationS, keyframes }) => {
  await writeMp4(path, format, notes, new Array(frames).fill(plain(90, 90, 90)));
  const facts = await probe(path);
  expect(facts).toMatchObject({ frames, keyframes, widthPx: 64, heightPx: 48, isH264: true, isStandardColour: true, isFastStart: true });
  expect(facts.kind === 'video' && facts.durationS).toBeCloseTo(durationS, 6);
  expect(facts.notes).toContain('a title');
});

it.each([
  { colour: 'red', rgb: [255, 0, 0] },
  { colour: 'green', rgb: [0, 255, 0] },
  { colour: 'white', rgb: [255, 255, 255] },
  { colour: 'black', rgb: [0, 0, 0] },
  { colour: 'skin', rgb: [224, 172, 140] },
])('$colour stays $colour', async ({ rgb }) => {
  const [red = 0, green = 0, blue = 0] = rgb;
  await writeMp4(path, format, notes, [plain(red, green, blue)]);
  const { pixels } = await readFrame(path, 0);
  for (const [channel, value] of rgb.entries()) expect(Math.abs((pixels[channel] ?? 0) - value)).toBeLessThanOrEqual(4);
});

it('shows the frames in their order', async () => {
  await writeMp4(
    path,
    format,
    notes,
    [20, 80, 140, 200].map((grey) => plain(grey, grey, grey)),
  );
  const greys = await Promise.all([0, 1, 2, 3].map(async (index) => (await readFrame(path, index)).pixels[0] ?? 0));
  expect(greys.map((grey) => Math.round(grey / 10) * 10)).toEqual([20, 80, 140, 200]);
  await expect(readFrame(path, 4)).rejects.toThrow(RangeError);
});

it('keeps rows in line at a width that is no round number', async () => {
  const [width, height] = [90, 50];
  const halves = Buffer.alloc(width * height * 4);
  for (let at = 0; at < halves.length; at += 4) halves.fill((at / 4) % width < width / 2 ? 0 : 255, at, at + 4);
  await writeMp4(path, { widthPx: width, heightPx: height, framesPerSecond: 24 }, notes, [halves]);
  const { pixels } = await readFrame(path, 0);
  for (let row = 0; row < height; row++) {
    expect(pixels[(row * width + 30) * 4]).toBeLessThan(20);
    expect(pixels[(row * width + 60) * 4]).toBeGreaterThan(235);
  }
});

it('never holds more frames than the one being drawn', async () => {
  const shared = plain(0, 0, 0);
  function* drawnInPlace() {
    for (const grey of [40, 120, 200]) yield shared.fill(grey);
  }
  await writeMp4(path, format, notes, drawnInPlace());
  expect(Math.round(((await readFrame(path, 1)).pixels[0] ?? 0) / 10)).toBe(12);
});

it('ends with the error of its frames', async () => {
  function* interrupted() {
    yield plain(0, 0, 0);
    throw new Error('recalled');
  }
  await expect(writeMp4(path, format, notes, interrupted())).rejects.toThrow('recalled');
});

it('refuses odd sides', async () => {
  await expect(writeMp4(path, { ...format, widthPx: 63 }, notes, [])).rejects.toThrow('even sides');
});

it('remuxes without touching a picture or the duration', async () => {
  const copy = join(folder, 'copy.mp4');
  await writeMp4(path, format, notes, new Array(72).fill(plain(10, 200, 90)));
  await remuxMp4(path, copy, { title: 'another title', comment: 'c' });
  expect(await probe(copy)).toMatchObject({ frames: 72, durationS: 3, isStandardColour: true, isFastStart: true });
  expect((await probe(copy)).notes).toContain('another title');
  expect((await readFrame(copy, 71)).pixels.equals((await readFrame(path, 71)).pixels)).toBe(true);
});

function plain(red: number, green: number, blue: number): Buffer {
  return Buffer.alloc(format.widthPx * format.heightPx * 4, Buffer.from([red, green, blue, 255]));
}
