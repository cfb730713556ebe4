import sharp from 'sharp';
import type { FileNotes } from '#media/file-notes';
import { withNotes } from '#media/image-notes';
import type { RgbPicture } from '#media/rgb-picture';

/** Low: smooth gradients gain little from more, and the time grows fast. */
const COMPRESSION_LEVEL = 4;

/** An opaque PNG: sRGB, 8 bits a channel, lossless. */
export function encodePng({ widthPx: width, heightPx: height, channels, pixels }: RgbPicture, notes: FileNotes): Promise<Buffer> {
  const image = sharp(pixels, { raw: { width, height, channels } }).removeAlpha();
  return withNotes(image, notes).png({ compressionLevel: COMPRESSION_LEVEL, adaptiveFiltering: true }).toBuffer();
}
