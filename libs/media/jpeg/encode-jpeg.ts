import sharp from 'sharp';
import type { FileNotes } from '#media/file-notes';
import { withNotes } from '#media/image-notes';
import type { RgbPicture } from '#media/rgb-picture';

const QUALITY = 90;

/** A baseline JPEG: sRGB, full range, chroma at full resolution, so that type stays sharp. */
export function encodeJpeg({ widthPx: width, heightPx: height, channels, pixels }: RgbPicture, notes: FileNotes): Promise<Buffer> {
  const image = sharp(pixels, { raw: { width, height, channels } }).removeAlpha();
  return withNotes(image, notes).jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' }).toBuffer();
}
