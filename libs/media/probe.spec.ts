import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeJpeg } from '#media/jpeg/encode-jpeg';
import { encodePng } from '#media/png/encode-png';
import { probe } from '#media/probe';
import type { RgbPicture } from '#media/rgb-picture';

const picture: RgbPicture = { widthPx: 5, heightPx: 3, channels: 4, pixels: Buffer.alloc(5 * 3 * 4, 0x7f) };
const notes = { title: 'a title', comment: 'less < more & "quoted"' };
let path: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'halogen-probe-'));
  path = join(folder, 'file');
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  { format: 'png', encode: encodePng },
  { format: 'jpeg', encode: encodeJpeg },
])('reads size, format and notes of a $format', async ({ format, encode }) => {
  await writeFile(path, await encode(picture, notes));
  expect(await probe(path)).toMatchObject({ kind: 'image', format, widthPx: 5, heightPx: 3 });
  expect((await probe(path)).notes).toContain('less < more & "quoted"'); // EXIF, as it is
  expect((await probe(path)).notes).toContain('less &lt; more &amp; "quoted"'); // XMP is XML
});

it.each([
  { what: 'text', bytes: Buffer.from('not a picture at all') },
  { what: 'an MP4 without content', bytes: Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1') },
  { what: 'an SVG', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>') },
  { what: 'an empty file', bytes: Buffer.alloc(0) },
])('throws on $what', async ({ bytes }) => {
  await writeFile(path, bytes);
  await expect(probe(path)).rejects.toThrow();
});
