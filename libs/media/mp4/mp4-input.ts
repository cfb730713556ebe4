import { AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, InputFormat, Packet, type Stream } from 'node-av/lib';

import { quietFfmpeg } from '#media/mp4/quiet-ffmpeg';

export interface Mp4Input extends AsyncDisposable {
  file: FormatContext;
  video: Stream;
}

/** Opens a local MP4 and finds its video. No other format or protocol is tried: a file cannot make FFmpeg read something else. */
export async function openMp4Input(path: string): Promise<Mp4Input> {
  quietFfmpeg();
  const file = new FormatContext();
  try {
    using options = Dictionary.fromObject({ protocol_whitelist: 'file', format_whitelist: 'mov,mp4,m4a,3gp,3g2,mj2' });
    FFmpegError.throwIfError(await file.openInput(path, InputFormat.findInputFormat('mov'), options), 'open MP4');
    FFmpegError.throwIfError(await file.findStreamInfo(), 'read MP4 streams');
    const video = file.streams[file.findBestStream(AVMEDIA_TYPE_VIDEO)];
    if (!video) throw new Error('the MP4 has no video');
    return { file, video, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}

/** The video's packets in file order; each is valid until the next one is asked for. */
export async function* videoPackets({ file, video }: Mp4Input): AsyncGenerator<Packet> {
  using packet = new Packet();
  packet.alloc();
  while ((await file.readFrame(packet)) >= 0) {
    if (packet.streamIndex === video.index) yield packet;
    packet.unref();
  }
}
