import {
  AV_CODEC_FLAG_FRAME_DURATION,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_RGB0,
  AV_PIX_FMT_YUV420P,
  AVCHROMA_LOC_LEFT,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AVCOL_TRC_BT709,
  type AVPixelFormat,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, Frame, Rational, SoftwareScaleContext } from 'node-av/lib';
import type { FileNotes } from '#media/file-notes';
import { finishMp4, openMp4, startMp4 } from '#media/mp4/mp4-output';
import { writePackets } from '#media/mp4/write-packets';

const KEYFRAME_INTERVAL_S = 2;
/** A fixed count: x264's output depends on it, and the same frames must give the same file on every machine. */
const ENCODER_THREADS = 2;
const X264_OPTIONS = { preset: 'veryfast', crf: '20' };
/** Above this x264 keeps fewer pictures in mind, each about 40 MB at 4k: a lane's process shall stay under a gigabyte. */
const LARGE_PICTURE_PIXELS = 4_000_000;
const X264_LARGE_OPTIONS = { ...X264_OPTIONS, 'rc-lookahead': '3', bf: '1' };

export interface Mp4Format {
  /** Both sides are even, as 4:2:0 asks for. */
  widthPx: number;
  heightPx: number;
  framesPerSecond: number;
}

export type Pictures = Iterable<Buffer> | AsyncIterable<Buffer | Frame>;

/**
 * Writes H.264 in MP4, `moov` first. `frames` are sRGB, 8 bits, full range, four bytes a pixel of which the fourth is ignored, or decoded
 * pictures of any size, which are scaled; they are pulled one by one, and the file has exactly one picture for each. Encoded as yuv420p, BT.709, limited range, and tagged so.
 * If `frames` throws, so does this, and the file is not usable.
 */
export async function writeMp4(path: string, format: Mp4Format, notes: FileNotes, frames: Pictures): Promise<void> {
  if (format.widthPx % 2 || format.heightPx % 2)
    throw new RangeError(`4:2:0 video needs even sides, not ${format.widthPx}x${format.heightPx}`);

  await using output = await openMp4(path, notes);
  using encoder = await openEncoder(format);
  const stream = output.newStream();
  stream.timeBase = encoder.timeBase;
  stream.avgFrameRate = encoder.framerate;
  FFmpegError.throwIfError(stream.codecpar.fromContext(encoder), 'stream parameters');
  await startMp4(output);

  using converter = new SoftwareScaleContext();
  converter.allocContext();
  using rgb = rgbFrame(format); // one of each for the whole video: freed frames would wait for the garbage collector
  using yuv = yuvFrame(format);
  let index = 0;
  for await (const picture of frames) {
    if (Buffer.isBuffer(picture)) FFmpegError.throwIfError(rgb.fromBuffer(picture), 'take over pixels');
    FFmpegError.throwIfError(yuv.makeWritable(), 'reuse frame'); // the encoder may still read the last one
    FFmpegError.throwIfError(await converter.scaleFrame(yuv, Buffer.isBuffer(picture) ? rgb : picture), 'convert colours');
    yuv.pts = BigInt(index++);
    yuv.duration = 1n; // in the encoder's time base: one frame
    FFmpegError.throwIfError(await encoder.sendFrame(yuv), 'send frame');
    await writePackets(encoder, output, stream);
  }
  FFmpegError.throwIfError(await encoder.sendFrame(null), 'flush encoder');
  await writePackets(encoder, output, stream);
  await finishMp4(output);
}

async function openEncoder({ widthPx, heightPx, framesPerSecond }: Mp4Format): Promise<CodecContext> {
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (!codec) throw new Error('this FFmpeg has no libx264');
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = widthPx;
  encoder.height = heightPx;
  encoder.timeBase = new Rational(1, framesPerSecond);
  encoder.framerate = new Rational(framesPerSecond, 1);
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.colorRange = AVCOL_RANGE_MPEG;
  encoder.colorSpace = AVCOL_SPC_BT709;
  encoder.colorPrimaries = AVCOL_PRI_BT709;
  encoder.colorTrc = AVCOL_TRC_BT709;
  encoder.chromaLocation = AVCHROMA_LOC_LEFT;
  encoder.gopSize = KEYFRAME_INTERVAL_S * framesPerSecond;
  encoder.threadCount = ENCODER_THREADS;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_FRAME_DURATION);
  FFmpegError.throwIfError(
    await encoder.open2(codec, Dictionary.fromObject(widthPx * heightPx > LARGE_PICTURE_PIXELS ? X264_LARGE_OPTIONS : X264_OPTIONS)),
    'open x264',
  );
  return encoder;
}

/** The scaler takes matrix and range from the two frames. */
function rgbFrame(format: Mp4Format): Frame {
  const frame = emptyFrame(format, AV_PIX_FMT_RGB0);
  frame.colorSpace = AVCOL_SPC_RGB;
  frame.colorRange = AVCOL_RANGE_JPEG;
  return frame;
}

function yuvFrame(format: Mp4Format): Frame {
  const frame = emptyFrame(format, AV_PIX_FMT_YUV420P);
  frame.colorSpace = AVCOL_SPC_BT709;
  frame.colorRange = AVCOL_RANGE_MPEG;
  return frame;
}

function emptyFrame({ widthPx, heightPx }: Mp4Format, pixelFormat: AVPixelFormat): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.width = widthPx;
  frame.height = heightPx;
  frame.format = pixelFormat;
  FFmpegError.throwIfError(frame.getBuffer(), 'allocate frame');
  return frame;
}
