import { open } from 'node:fs/promises';
import {
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_H264,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVMEDIA_TYPE_AUDIO,
} from 'node-av/constants';
import sharp from 'sharp';
import { type Mp4Input, openMp4Input, videoPackets } from '#media/mp4/mp4-input';

export interface ImageFacts {
  kind: 'image';
  format: 'png' | 'jpeg';
  widthPx: number;
  heightPx: number;
  /** All text in the file's metadata, joined; '' if there is none. */
  notes: string;
}

export interface VideoFacts {
  kind: 'video';
  format: 'mp4';
  widthPx: number;
  heightPx: number;
  /** Counted packet by packet, not read from the header. */
  frames: number;
  keyframes: number;
  durationS: number;
  isH264: boolean;
  /** yuv420p, BT.709, limited range: what every player assumes. */
  isStandardColour: boolean;
  /** `moov` before `mdat`. */
  isFastStart: boolean;
  sound: { codec: 'aac' | 'other'; channels: number; durationS: number } | null;
  notes: string;
}

/** Reads what a PNG, JPEG or MP4 file says about itself. Throws on anything else. */
export async function probe(path: string): Promise<ImageFacts | VideoFacts> {
  const start = await firstBytes(path, 12);
  return start.toString('latin1', 4, 8) === 'ftyp' ? probeMp4(path) : probeImage(path);
}

async function probeImage(path: string): Promise<ImageFacts> {
  const { format, width, height, exif, xmp, xmpAsString } = await sharp(path).metadata();
  if (format !== 'png' && format !== 'jpeg') throw new Error(`neither PNG, JPEG nor MP4: ${format}`);
  return { kind: 'image', format, widthPx: width, heightPx: height, notes: `${exif?.toString('latin1') ?? ''}${xmpAsString ?? xmp ?? ''}` };
}

async function probeMp4(path: string): Promise<VideoFacts> {
  await using input = await openMp4Input(path);
  const { codecpar, timeBase, duration } = input.video;
  const boxes = await boxNames(path);
  let frames = 0;
  let keyframes = 0;
  for await (const packet of videoPackets(input)) {
    frames++;
    if (packet.isKeyframe) keyframes++;
  }
  return {
    kind: 'video',
    format: 'mp4',
    widthPx: codecpar.width,
    heightPx: codecpar.height,
    frames,
    keyframes,
    durationS: (Number(duration) * timeBase.num) / timeBase.den,
    isH264: codecpar.codecId === AV_CODEC_ID_H264,
    isStandardColour:
      codecpar.format === AV_PIX_FMT_YUV420P && codecpar.colorSpace === AVCOL_SPC_BT709 && codecpar.colorRange === AVCOL_RANGE_MPEG,
    isFastStart: boxes.indexOf('moov') < boxes.indexOf('mdat'),
    sound: soundOf(input),
    notes: Object.values(input.file.metadata?.getAll() ?? {}).join('\n'),
  };
}

function soundOf({ file }: Mp4Input): VideoFacts['sound'] {
  const stream = file.streams[file.findBestStream(AVMEDIA_TYPE_AUDIO)];
  if (!stream) return null;
  const { codecpar, timeBase, duration } = stream;
  const codec = codecpar.codecId === AV_CODEC_ID_AAC ? 'aac' : 'other';
  return { codec, channels: codecpar.channels, durationS: (Number(duration) * timeBase.num) / timeBase.den };
}

/** The names of the file's outermost boxes, in order. */
async function boxNames(path: string): Promise<string[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  const header = Buffer.alloc(16);
  const names: string[] = [];
  for (let position = 0; position < size; ) {
    await file.read(header, 0, 16, position);
    names.push(header.toString('latin1', 4, 8));
    const length = header.readUInt32BE(0);
    const boxLength = length === 1 ? Number(header.readBigUInt64BE(8)) : length;
    position = boxLength >= 8 ? position + boxLength : size;
  }
  return names;
}

async function firstBytes(path: string, length: number): Promise<Buffer> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer;
}
