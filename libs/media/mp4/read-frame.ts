import { decodedFrames, PictureReader } from '#media/mp4/decoded-frames';
import type { RgbPicture } from '#media/rgb-picture';

/** Decodes the picture number `index`, counted from 0 in showing order. Throws RangeError when the video is shorter. */
export async function readFrame(path: string, index: number): Promise<RgbPicture> {
  using reader = new PictureReader();
  let shown = 0;
  for await (const frame of decodedFrames(path)) if (shown++ === index) return await reader.read(frame);
  throw new RangeError(`frame ${index} of a video with ${shown} frames`);
}
