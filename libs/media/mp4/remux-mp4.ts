import { FFmpegError } from 'node-av/lib';
import type { FileNotes } from '#media/file-notes';
import { openMp4Input, videoPackets } from '#media/mp4/mp4-input';
import { finishMp4, openMp4, startMp4 } from '#media/mp4/mp4-output';

/** Copies the video into a new MP4, `moov` first, with these notes. Pictures, times and colour tags stay as they are. */
export async function remuxMp4(fromPath: string, toPath: string, notes: FileNotes): Promise<void> {
  await using input = await openMp4Input(fromPath);
  await using output = await openMp4(toPath, notes);
  const stream = output.newStream();
  FFmpegError.throwIfError(input.video.codecpar.copy(stream.codecpar), 'copy stream parameters');
  stream.codecpar.codecTag = 0; // the muxer chooses its own
  stream.timeBase = input.video.timeBase;
  stream.avgFrameRate = input.video.avgFrameRate;
  await startMp4(output);

  for await (const packet of videoPackets(input)) {
    packet.streamIndex = stream.index;
    packet.rescaleTs(input.video.timeBase, stream.timeBase);
    FFmpegError.throwIfError(await output.interleavedWriteFrame(packet), 'write packet');
  }
  await finishMp4(output);
}
