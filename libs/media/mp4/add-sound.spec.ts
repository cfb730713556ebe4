import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addSound, SAMPLES_PER_SECOND, type SoundPiece } from '#media/mp4/add-sound';
import { remuxMp4 } from '#media/mp4/remux-mp4';
import { writeMp4 } from '#media/mp4/write-mp4';
import { probe } from '#media/probe';

const notes = { title: 'a title', comment: 'a comment' };
const format = { widthPx: 64, heightPx: 48, framesPerSecond: 24 };
let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'halogen-sound-'));
  await writeMp4(at('silent.mp4'), format, notes, new Array(48).fill(Buffer.alloc(64 * 48 * 4, 0x60)));
});
afterAll(() => rm(folder, { recursive: true }));

it('gives a video a sound of its length, and the same one again', async () => {
  await addSound(at('silent.mp4'), at('one.mp4'), notes, aTone(2));
  await addSound(at('silent.mp4'), at('two.mp4'), notes, aTone(2));
  const facts = await probe(at('one.mp4'));
  expect(facts).toMatchObject({
    frames: 48,
    durationS: 2,
    isStandardColour: true,
    isFastStart: true,
    sound: { codec: 'aac', channels: 2 },
  });
  expect(facts.kind === 'video' && facts.sound?.durationS).toBeCloseTo(2, 1);
  expect((await readFile(at('one.mp4'))).equals(await readFile(at('two.mp4')))).toBe(true);
});

it('keeps the sound when remuxed, and takes that of another file when told', async () => {
  await addSound(at('silent.mp4'), at('sounding.mp4'), notes, aTone(2));
  await remuxMp4(at('sounding.mp4'), at('copy.mp4'), notes);
  await remuxMp4(at('silent.mp4'), at('lent.mp4'), notes, at('sounding.mp4'));
  for (const name of ['copy.mp4', 'lent.mp4'])
    expect(await probe(at(name))).toMatchObject({ frames: 48, durationS: 2, sound: { codec: 'aac' } });
  expect(await probe(at('silent.mp4'))).toMatchObject({ sound: null });
});

function* aTone(seconds: number): Generator<SoundPiece> {
  for (let second = 0; second < seconds; second++) {
    const tone = Float32Array.from(
      { length: SAMPLES_PER_SECOND },
      (_, index) => 0.3 * Math.sin((2 * Math.PI * 440 * index) / SAMPLES_PER_SECOND),
    );
    yield { left: tone, right: tone };
  }
}
