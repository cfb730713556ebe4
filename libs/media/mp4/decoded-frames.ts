import { AV_PIX_FMT_RGBA, AVCOL_RANGE_JPEG, AVCOL_SPC_RGB, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, SoftwareScaleContext } from 'node-av/lib';
import { type Mp4Input, openMp4Input, videoPackets } from '#media/mp4/mp4-input';
import type { RgbPicture } from '#media/rgb-picture';

/** All pictures of an MP4 in showing order. Each is valid until the next one is asked for. */
export async function* decodedFrames(path: string): AsyncGenerator<Frame> {
  await using input = await openMp4Input(path);
  yield* framesOf(input);
}

/** As `decodedFrames`, of an input that is open already. */
export async function* framesOf(input: Mp4Input): AsyncGenerator<Frame> {
  using decoder = await openDecoder(input);
  using frame = new Frame();
  frame.alloc();
  for await (const packet of videoPackets(input)) {
    FFmpegError.throwIfError(await decoder.sendPacket(packet), 'send packet');
    yield* readyFrames(decoder, frame);
  }
  FFmpegError.throwIfError(await decoder.sendPacket(null), 'flush decoder');
  yield* readyFrames(decoder, frame);
}

/** Turns frames into pictures for drawing. The scaler takes matrix and range from the frames' tags. */
export class PictureReader implements Disposable {
  private readonly converter = new SoftwareScaleContext();

  constructor() {
    this.converter.allocContext();
  }

  /** @param size of the picture; the frame's own if not given */
  async read(frame: Frame, size: { widthPx: number; heightPx: number } = sizeOf(frame)): Promise<RgbPicture> {
    using rgb = new Frame();
    rgb.alloc();
    rgb.width = size.widthPx;
    rgb.height = size.heightPx;
    rgb.format = AV_PIX_FMT_RGBA;
    rgb.colorSpace = AVCOL_SPC_RGB;
    rgb.colorRange = AVCOL_RANGE_JPEG;
    FFmpegError.throwIfError(rgb.getBuffer(), 'allocate frame');
    FFmpegError.throwIfError(await this.converter.scaleFrame(rgb, frame), 'convert colours');
    return { ...size, channels: 4, pixels: rgb.toBuffer() };
  }

  [Symbol.dispose](): void {
    this.converter[Symbol.dispose]();
  }
}

function sizeOf({ width, height }: Frame): { widthPx: number; heightPx: number } {
  return { widthPx: width, heightPx: height };
}

async function openDecoder({ video }: Mp4Input): Promise<CodecContext> {
  const codec = Codec.findDecoder(video.codecpar.codecId);
  if (!codec) throw new Error(`no decoder for codec ${video.codecpar.codecId}`);
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  FFmpegError.throwIfError(decoder.parametersToContext(video.codecpar), 'decoder parameters');
  FFmpegError.throwIfError(await decoder.open2(codec), 'open decoder');
  return decoder;
}

async function* readyFrames(decoder: CodecContext, frame: Frame): AsyncGenerator<Frame> {
  for (;;) {
    const received = await decoder.receiveFrame(frame);
    if (received === AVERROR_EAGAIN || received === AVERROR_EOF) return;
    FFmpegError.throwIfError(received, 'decode frame');
    yield frame;
  }
}
