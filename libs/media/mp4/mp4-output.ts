import { Dictionary, FFmpegError, FormatContext } from 'node-av/lib';
import type { FileNotes } from '#media/file-notes';
import { quietFfmpeg } from '#media/mp4/quiet-ffmpeg';

/** A new MP4 file without streams. Add them, then `startMp4`, write packets, `finishMp4`. */
export async function openMp4(path: string, { title, comment }: FileNotes): Promise<FormatContext> {
  quietFfmpeg();
  const output = new FormatContext();
  FFmpegError.throwIfError(output.allocOutputContext2(null, 'mp4', path), 'allocate MP4');
  output.metadata = Dictionary.fromObject({ title, comment });
  FFmpegError.throwIfError(await output.openOutput(), 'open MP4 for writing');
  return output;
}

/** From here on a stream's time base is the file's. */
export async function startMp4(output: FormatContext): Promise<void> {
  using options = Dictionary.fromObject({ movflags: '+faststart' }); // players start before the whole file is there
  FFmpegError.throwIfError(await output.writeHeader(options), 'write MP4 header');
}

export async function finishMp4(output: FormatContext): Promise<void> {
  FFmpegError.throwIfError(await output.writeTrailer(), 'write MP4 trailer');
  await output.closeOutput();
}
