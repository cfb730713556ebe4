import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, type FormatContext, Frame, Rational, type Stream } from 'node-av/lib';
import type { FileNotes } from '#media/file-notes';
import { openMp4Input } from '#media/mp4/mp4-input';
import { finishMp4, openMp4, startMp4 } from '#media/mp4/mp4-output';
import { copyOf, copyPackets } from '#media/mp4/remux-mp4';
import { writePackets } from '#media/mp4/write-packets';

export const SAMPLES_PER_SECOND = 48_000;
const BITS_PER_SECOND = 128_000n;

/** Samples −1…1 of both ears, any number at a time. */
export interface SoundPiece {
  left: Float32Array;
  right: Float32Array;
}

/** Copies the video of an MP4 and gives it this sound, as AAC at 48 kHz. Sound that it had is left out. */
export async function addSound(fromPath: string, toPath: string, notes: FileNotes, sound: Iterable<SoundPiece>): Promise<void> {
  await using input = await openMp4Input(fromPath);
  await using output = await openMp4(toPath, notes);
  using encoder = await openEncoder();
  const video = copyOf(input.video, output);
  const stream = output.newStream();
  stream.timeBase = encoder.timeBase;
  FFmpegError.throwIfError(stream.codecpar.fromContext(encoder), 'stream parameters');
  await startMp4(output);
  await encode(encoder, sound, output, stream);
  await copyPackets(output, [{ input, from: input.video, to: video }]);
  await finishMp4(output);
}

async function openEncoder(): Promise<CodecContext> {
  const codec = Codec.findEncoderByName(FF_ENCODER_AAC);
  if (!codec) throw new Error('this FFmpeg has no AAC encoder');
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.sampleFormat = AV_SAMPLE_FMT_FLTP;
  encoder.sampleRate = SAMPLES_PER_SECOND;
  encoder.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  encoder.timeBase = new Rational(1, SAMPLES_PER_SECOND);
  encoder.bitRate = BITS_PER_SECOND;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT);
  FFmpegError.throwIfError(await encoder.open2(codec), 'open AAC');
  return encoder;
}

async function encode(encoder: CodecContext, sound: Iterable<SoundPiece>, output: FormatContext, stream: Stream): Promise<void> {
  let sample = 0;
  for (const piece of piecesOf(sound, encoder.frameSize)) {
    using frame = Frame.fromAudioBuffer(planar(piece), {
      nbSamples: piece.left.length,
      format: AV_SAMPLE_FMT_FLTP,
      sampleRate: SAMPLES_PER_SECOND,
      channelLayout: AV_CHANNEL_LAYOUT_STEREO,
      timeBase: encoder.timeBase,
    });
    frame.pts = BigInt(sample);
    sample += piece.left.length;
    FFmpegError.throwIfError(await encoder.sendFrame(frame), 'send sound');
    await writePackets(encoder, output, stream);
  }
  FFmpegError.throwIfError(await encoder.sendFrame(null), 'flush AAC');
  await writePackets(encoder, output, stream);
}

/** AAC takes a fixed number of samples at a time; only the last piece may be shorter. */
function* piecesOf(sound: Iterable<SoundPiece>, size: number): Generator<SoundPiece> {
  let rest: SoundPiece = { left: new Float32Array(0), right: new Float32Array(0) };
  for (const piece of sound) {
    rest = { left: joined(rest.left, piece.left), right: joined(rest.right, piece.right) };
    for (; rest.left.length >= size; rest = { left: rest.left.slice(size), right: rest.right.slice(size) }) {
      yield { left: rest.left.slice(0, size), right: rest.right.slice(0, size) };
    }
  }
  if (rest.left.length > 0) yield rest;
}

function joined(one: Float32Array, other: Float32Array): Float32Array {
  const both = new Float32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function planar({ left, right }: SoundPiece): Buffer {
  return Buffer.from(joined(left, right).buffer);
}
