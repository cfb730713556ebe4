import { AVMEDIA_TYPE_AUDIO } from 'node-av/constants';
import { FFmpegError, type FormatContext, Packet, type Stream } from 'node-av/lib';
import type { FileNotes } from '#media/file-notes';
import { type Mp4Input, openMp4Input } from '#media/mp4/mp4-input';
import { finishMp4, openMp4, startMp4 } from '#media/mp4/mp4-output';

/**
 * Copies video and sound into a new MP4, `moov` first, with these notes. Pictures, times and colour tags stay as they are.
 * @param soundFrom the file whose sound is taken, if that is another one; it may have none
 */
export async function remuxMp4(fromPath: string, toPath: string, notes: FileNotes, soundFrom = fromPath): Promise<void> {
  await using input = await openMp4Input(fromPath);
  await using soundInput = await openMp4Input(soundFrom);
  await using output = await openMp4(toPath, notes);
  const video = copyOf(input.video, output);
  const sound = soundInput.file.streams[soundInput.file.findBestStream(AVMEDIA_TYPE_AUDIO)];
  const copies = sound ? [{ input: soundInput, from: sound, to: copyOf(sound, output) }] : [];
  await startMp4(output);
  await copyPackets(output, [{ input, from: input.video, to: video }, ...copies]);
  await finishMp4(output);
}

export interface StreamCopy {
  input: Mp4Input;
  from: Stream;
  to: Stream;
}

/** A new stream of `output` that holds what `from` holds. */
export function copyOf(from: Stream, output: FormatContext): Stream {
  const to = output.newStream();
  FFmpegError.throwIfError(from.codecpar.copy(to.codecpar), 'copy stream parameters');
  to.codecpar.codecTag = 0; // the muxer chooses its own
  to.timeBase = from.timeBase;
  to.avgFrameRate = from.avgFrameRate;
  return to;
}

/** Sound first: it is small, and the muxer holds it back until its time has come. */
export async function copyPackets(output: FormatContext, copies: readonly StreamCopy[]): Promise<void> {
  for (const { input, from, to } of copies.toReversed()) {
    using packet = new Packet();
    packet.alloc();
    while ((await input.file.readFrame(packet)) >= 0) {
      if (packet.streamIndex === from.index) {
        packet.streamIndex = to.index;
        packet.rescaleTs(from.timeBase, to.timeBase);
        FFmpegError.throwIfError(await output.interleavedWriteFrame(packet), 'write packet');
      }
      packet.unref();
    }
  }
}
