import sharp from 'sharp';
import { expect, it } from 'vitest';
import { encodeJpeg } from '#media/jpeg/encode-jpeg';
import { encodeThumbnail } from '#media/jpeg/encode-thumbnail';

const picture = (widthPx: number, heightPx: number) =>
  ({ widthPx, heightPx, channels: 3, pixels: Buffer.alloc(widthPx * heightPx * 3, 90) }) as const;

it('keeps the shape of the image and all that it says about itself', async () => {
  const image = await encodeJpeg(picture(1280, 720), { title: 'Halogen', comment: 'Made by a model from: a red fox' });
  const { format, width, height, exif, xmpAsString } = await sharp(await encodeThumbnail(image, 320)).metadata();
  expect({ format, width, height }).toEqual({ format: 'jpeg', width: 320, height: 180 });
  expect(exif?.toString('latin1')).toContain('Made by a model from: a red fox');
  expect(xmpAsString).toContain('Made by a model from: a red fox');
});

it('makes nothing larger than it is', async () => {
  const image = await encodeJpeg(picture(64, 48), { title: 'Halogen', comment: 'Small' });
  expect(await sharp(await encodeThumbnail(image, 320)).metadata()).toMatchObject({ width: 64, height: 48 });
});
