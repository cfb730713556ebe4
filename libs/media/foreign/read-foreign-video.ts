import { writeFile } from 'node:fs/promises';
import type { Frame } from 'node-av/lib';
import { type ForeignMedium, type ReadMedium, UnreadableMedium } from '#media/foreign/foreign-medium';
import { FRAMES_PER_SECOND, MAX_DECODED_FRAMES, MAX_PIXELS, MAX_SIDE_PX, MAX_VIDEO_SHORT_SIDE_PX } from '#media/foreign/limits';
import { refuseReferences } from '#media/foreign/refuse-references';
import { framesOf, PictureReader } from '#media/mp4/decoded-frames';
import { type Mp4Input, openMp4Input } from '#media/mp4/mp4-input';
import { writeMp4 } from '#media/mp4/write-mp4';
import { encodePng } from '#media/png/encode-png';
import type { RgbPicture } from '#media/rgb-picture';

const NOTES = { title: 'Halogen input', comment: 'A medium that a customer brought along, decoded and encoded anew.' };

/** Decodes a video and writes it as H.264 of 24 pictures a second, at most 720p, without sound. @throws UnreadableMedium, or what the decoder threw */
export async function readForeignVideo(medium: Pick<ForeignMedium, 'path' | 'toPath'>, maxSeconds: number): Promise<ReadMedium> {
  await using input = await openForeign(medium.path);
  const size = sizeFor(input);
  let frames = 0;
  async function* counted() {
    for await (const frame of steady(wholeFrames(input), input, maxSeconds)) {
      frames++;
      yield frame;
    }
  }
  await writeMp4(medium.toPath, { ...size, framesPerSecond: FRAMES_PER_SECOND }, NOTES, counted());
  if (frames === 0) throw new UnreadableMedium('it has no picture');
  return { ...size, frames, durationS: frames / FRAMES_PER_SECOND };
}

/** Writes the first or the last picture of a video as PNG. @throws UnreadableMedium, or what the decoder threw */
export async function readForeignFrame(
  medium: Pick<ForeignMedium, 'path' | 'toPath'>,
  which: 'first_frame' | 'last_frame',
): Promise<ReadMedium> {
  await using input = await openForeign(medium.path);
  using reader = new PictureReader();
  let picture: RgbPicture | undefined;
  // Only the newest picture is kept; which one is the last is known when there is no other.
  for await (const frame of wholeFrames(input)) {
    picture = await reader.read(frame, fitted(frame.width, frame.height, MAX_SIDE_PX));
    if (which === 'first_frame') break;
  }
  if (!picture) throw new UnreadableMedium('it has no picture');
  await writeFile(medium.toPath, await encodePng(picture, NOTES), { flag: 'wx' });
  return { widthPx: picture.widthPx, heightPx: picture.heightPx };
}

async function openForeign(path: string): Promise<Mp4Input> {
  await refuseReferences(path);
  const input = await openMp4Input(path);
  const { width, height } = input.video.codecpar;
  if (width * height <= MAX_PIXELS && width > 0 && height > 0) return input;
  await input[Symbol.asyncDispose]();
  throw new UnreadableMedium(`its pictures are ${width} x ${height}`);
}

/** All pictures; fewer than the file promises, or more than anyone should promise, end in an error. */
async function* wholeFrames(input: Mp4Input): AsyncGenerator<Frame> {
  const promised = Number(input.video.nbFrames);
  if (promised > MAX_DECODED_FRAMES) throw new UnreadableMedium(`it has ${promised} pictures`);
  let decoded = 0;
  for await (const frame of framesOf(input)) {
    if (++decoded > MAX_DECODED_FRAMES) throw new UnreadableMedium(`it has more than ${MAX_DECODED_FRAMES} pictures`);
    if (frame.width * frame.height > MAX_PIXELS) throw new UnreadableMedium('a picture of it is too large');
    yield frame;
  }
  // Editing may leave out a few, a cut-off file lacks the rest.
  if (promised > 0 && decoded < promised * 0.9) throw new UnreadableMedium(`it promises ${promised} pictures and has ${decoded}`);
}

/** One picture for each 24th of a second: the newest there was by then. */
async function* steady(frames: AsyncIterable<Frame>, { video }: Mp4Input, maxSeconds: number): AsyncGenerator<Frame> {
  const { num, den } = video.timeBase;
  let startS: number | undefined;
  let shown = 0;
  let lastS = 0;
  for await (const frame of frames) {
    const atS = (Number(frame.bestEffortTimestamp) * num) / den;
    startS ??= atS;
    const lengthS = (Number(frame.duration) * num) / den || 1 / FRAMES_PER_SECOND;
    lastS = atS - startS + lengthS;
    if (lastS > maxSeconds + 0.5) throw new UnreadableMedium(`it is longer than ${maxSeconds} s`);
    // This picture is seen until the next one: for every tick that begins before its end.
    for (; (shown + 0.5) / FRAMES_PER_SECOND < lastS && shown < maxSeconds * FRAMES_PER_SECOND; shown++) yield frame;
  }
}

function sizeFor({ video }: Mp4Input): { widthPx: number; heightPx: number } {
  const { width, height } = video.codecpar;
  const scale = Math.min(1, MAX_VIDEO_SHORT_SIDE_PX / Math.min(width, height), MAX_SIDE_PX / Math.max(width, height));
  const even = (side: number) => Math.max(16, 2 * Math.round((side * scale) / 2));
  return { widthPx: even(width), heightPx: even(height) };
}

function fitted(width: number, height: number, maxSidePx: number): { widthPx: number; heightPx: number } {
  const scale = Math.min(1, maxSidePx / Math.max(width, height));
  return { widthPx: Math.max(1, Math.round(width * scale)), heightPx: Math.max(1, Math.round(height * scale)) };
}
