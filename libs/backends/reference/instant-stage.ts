import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StageArtifact, StageContext, StageOrder, StageResult } from '#backends/backend';
import { INSTANT_NOTES } from '#backends/reference/reference-notes';
import { encodeJpeg } from '#media/jpeg/encode-jpeg';
import { writeMp4 } from '#media/mp4/write-mp4';
import { encodePng } from '#media/png/encode-png';
import type { RgbPicture } from '#media/rgb-picture';

const SIDE_PX = 16;
const FRAMES_PER_SECOND = 24;
const PLACEHOLDER: RgbPicture = { widthPx: SIDE_PX, heightPx: SIDE_PX, channels: 4, pixels: Buffer.alloc(SIDE_PX * SIDE_PX * 4, 0x80) };
/** Nothing is measured: figures that `judge` accepts, so that every instant generation has the same number of stages. */
const INSTANT_METRICS = { contrast: 0.2, meanLuma: 0.5 };
const INSTANT_MOTION = 0.02;

/** Writes tiny real files in place of what was ordered: 16 x 16 pixels, one frame. They are encoded once per process. */
export async function runInstantStage({ stage, output }: StageOrder, { workDir, signal, progress }: StageContext): Promise<StageResult> {
  const media = await instantMedia();
  signal.throwIfAborted();
  const isVideo = output.kind === 'video';
  const artifacts: StageArtifact[] = [];
  if (stage === 'draft') artifacts.push(await pictureIn(workDir, 'draft', 'jpg', media.jpg));
  else if (!isVideo) artifacts.push(await pictureIn(workDir, 'image', output.format, media[output.format]));
  else if (stage !== 'package') artifacts.push(await videoIn(workDir, 'master', media.mp4));
  else artifacts.push(await videoIn(workDir, 'video', media.mp4), await pictureIn(workDir, 'image', 'jpg', media.jpg));
  progress(1);
  return { artifacts, metrics: stage === 'draft' ? { ...INSTANT_METRICS, ...(isVideo && { motion: INSTANT_MOTION }) } : {} };
}

interface InstantMedia {
  jpg: Buffer;
  png: Buffer;
  mp4: Buffer;
}

let encodedOnce: Promise<InstantMedia> | undefined;

function instantMedia(): Promise<InstantMedia> {
  encodedOnce ??= encodeInstantMedia().catch((error) => {
    encodedOnce = undefined;
    throw error;
  });
  return encodedOnce;
}

async function encodeInstantMedia(): Promise<InstantMedia> {
  const folder = await mkdtemp(join(tmpdir(), 'halogen-instant-'));
  try {
    const path = join(folder, 'instant.mp4');
    await writeMp4(path, { ...PLACEHOLDER, framesPerSecond: FRAMES_PER_SECOND }, INSTANT_NOTES, [PLACEHOLDER.pixels]);
    const [jpg, png, mp4] = await Promise.all([
      encodeJpeg(PLACEHOLDER, INSTANT_NOTES),
      encodePng(PLACEHOLDER, INSTANT_NOTES),
      readFile(path),
    ]);
    return { jpg, png, mp4 };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function pictureIn(workDir: string, name: string, format: 'jpg' | 'png', picture: Buffer): Promise<StageArtifact> {
  const path = join(workDir, `${name}.${format}`);
  await writeFile(path, picture);
  const contentType = format === 'png' ? 'image/png' : 'image/jpeg';
  return { name, path, contentType, bytes: picture.length, widthPx: SIDE_PX, heightPx: SIDE_PX };
}

async function videoIn(workDir: string, name: string, video: Buffer): Promise<StageArtifact> {
  const path = join(workDir, `${name}.mp4`);
  await writeFile(path, video);
  const durationS = 1 / FRAMES_PER_SECOND;
  return { name, path, contentType: 'video/mp4', bytes: video.length, widthPx: SIDE_PX, heightPx: SIDE_PX, durationS, frames: 1 };
}
