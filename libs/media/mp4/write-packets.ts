import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { type CodecContext, FFmpegError, type FormatContext, Packet, type Stream } from 'node-av/lib';

/** Writes all packets that an encoder has ready, in the stream's own time. Throws FFmpegError. */
export async function writePackets(encoder: CodecContext, output: FormatContext, stream: Stream): Promise<void> {
  using packet = new Packet();
  packet.alloc();
  for (;;) {
    const received = await encoder.receivePacket(packet);
    if (received === AVERROR_EAGAIN || received === AVERROR_EOF) return;
    FFmpegError.throwIfError(received, `receive a packet of stream ${stream.index}`);
    packet.streamIndex = stream.index;
    packet.rescaleTs(encoder.timeBase, stream.timeBase);
    FFmpegError.throwIfError(await output.interleavedWriteFrame(packet), `write a packet of stream ${stream.index}`);
  }
}
