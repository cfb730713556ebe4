import sharp from 'sharp';

const QUALITY = 78;

/** A small JPEG of an image that we made, with its shape and with all that it says about itself. @param sidePx of the square it fits into */
export function encodeThumbnail(image: Buffer, sidePx: number): Promise<Buffer> {
  return sharp(image)
    .resize(sidePx, sidePx, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .keepExif()
    .keepXmp()
    .jpeg({ quality: QUALITY, progressive: true })
    .toBuffer();
}
