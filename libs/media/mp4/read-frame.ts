import { AV_PIX_FMT_RGB24, AVCOL_RANGE_JPEG, AVCOL_SPC_RGB, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, SoftwareScaleContext } from 'node-av/lib';
import { type Mp4Input, openMp4Input, videoPackets } from '#media/mp4/mp4-input';
import type { RgbPicture } from '#media/rgb-picture';

/** Decodes the picture number `index`, counted from 0 in showing order. Throws RangeError when the video is shorter. */
export async function readFrame(path: string, index: number): Promise<RgbPicture> {
  let shown = 0;
  for await (const picture of decodedFrames(path)) if (shown++ === index) return await rgbOf(picture);
  throw new RangeError(`frame ${index} of a video with ${shown} frames`);
}

/** Each frame is valid until the next one is asked for. */
async function* decodedFrames(path: string): AsyncGenerator<Frame> {
  await using input = await openMp4Input(path);
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

/** The scaler takes matrix and range from the frames' tags. */
async function rgbOf(picture: Frame): Promise<RgbPicture> {
  using rgb = new Frame();
  rgb.alloc();
  rgb.width = picture.width;
  rgb.height = picture.height;
  rgb.format = AV_PIX_FMT_RGB24;
  rgb.colorSpace = AVCOL_SPC_RGB;
  rgb.colorRange = AVCOL_RANGE_JPEG;
  FFmpegError.throwIfError(rgb.getBuffer(), 'allocate frame');
  using converter = new SoftwareScaleContext();
  converter.allocContext();
  FFmpegError.throwIfError(await converter.scaleFrame(rgb, picture), 'convert colours');
  return { widthPx: picture.width, heightPx: picture.height, channels: 3, pixels: rgb.toBuffer() };
}
