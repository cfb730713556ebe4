import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Thumbnails } from '#apps/api/assets/thumbnails';
import { thumbnailKeyOf } from '#core/generations/thumbnail';
import { encodeJpeg } from '#media/jpeg/encode-jpeg';
import { LocalFolder } from '#platform/storage/local-folder';

const IMAGE = 'tenant/generation/picture.jpg';
const THUMBNAIL = thumbnailKeyOf(IMAGE);
let folder: string;
let storage: LocalFolder;
let thumbnails: Thumbnails;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'halogen-thumbnails-'));
  storage = new LocalFolder(folder);
  thumbnails = new Thumbnails(storage);
});
afterEach(() => rm(folder, { recursive: true }));

async function anImage(key: string): Promise<void> {
  const pixels = { widthPx: 800, heightPx: 400, channels: 3, pixels: Buffer.alloc(800 * 400 * 3, 128) } as const;
  const image = await encodeJpeg(pixels, { title: 'Halogen', comment: 'Made by a model' });
  await storage.create(key, Readable.from([image]), { contentType: 'image/jpeg', maxBytes: 10_000_000 });
}

it('draws a thumbnail when it is first asked for, and keeps it beside its image', async () => {
  await anImage(IMAGE);
  await Promise.all([thumbnails.ensure(THUMBNAIL), thumbnails.ensure(THUMBNAIL)]);
  expect(await sharp(await buffer(await storage.read(THUMBNAIL))).metadata()).toMatchObject({ width: 320, height: 160 });
  const first = await storage.stat(THUMBNAIL);
  await thumbnails.ensure(THUMBNAIL);
  expect(await storage.stat(THUMBNAIL)).toEqual(first);
});

it('draws many in turn, and leaves none out', async () => {
  const keys = Array.from({ length: 7 }, (_, at) => `tenant/generation/${at}.jpg`);
  await Promise.all(keys.map(anImage));
  await Promise.all(keys.map((key) => thumbnails.ensure(thumbnailKeyOf(key))));
  for (const key of keys) expect(await storage.stat(thumbnailKeyOf(key))).toBeDefined();
});

it('makes nothing of an image that is gone, and of a key that is no thumbnail’s', async () => {
  await thumbnails.ensure(THUMBNAIL);
  await thumbnails.ensure(IMAGE);
  expect(await storage.stat(THUMBNAIL)).toBeUndefined();
});
