import sharp from 'sharp';
import type { ForeignMedium, ReadMedium } from '#media/foreign/foreign-medium';
import { UnreadableMedium } from '#media/foreign/foreign-medium';
import { MAX_PIXELS, MAX_SIDE_PX } from '#media/foreign/limits';

const COMPRESSION_LEVEL = 3;

/** Only these readers of libvips are left: not one that runs programs or reads other files. */
function allowFewReaders(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp'] });
}

/** Decodes a PNG, JPEG or WebP, turned as its EXIF says, and writes an opaque sRGB PNG. @throws UnreadableMedium, or what the decoder threw */
export async function readForeignImage({ path, format, toPath }: Pick<ForeignMedium, 'path' | 'format' | 'toPath'>): Promise<ReadMedium> {
  allowFewReaders();
  const image = () => sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'truncated', pages: 1, sequentialRead: true });
  const facts = await image().metadata();
  if (facts.format !== format) throw new UnreadableMedium(`it begins as ${format} and is ${facts.format}`);
  if (facts.width * facts.height > MAX_PIXELS) throw new UnreadableMedium(`it has more than ${MAX_PIXELS} pixels`);
  const { width, height } = await image()
    .autoOrient()
    .resize({ width: MAX_SIDE_PX, height: MAX_SIDE_PX, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .png({ compressionLevel: COMPRESSION_LEVEL })
    .toFile(toPath);
  return { widthPx: width, heightPx: height };
}
