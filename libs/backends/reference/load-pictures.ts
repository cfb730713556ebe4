import { readFile } from 'node:fs/promises';
import { type Image, loadImage } from '@napi-rs/canvas';

/** Pictures that the customer brought along, by input name, ready to be drawn. */
export type Pictures = ReadonlyMap<string, Image>;

export const NO_PICTURES: Pictures = new Map();

/** Inputs that are videos are read frame by frame instead. */
const VIDEO_INPUTS: ReadonlySet<string> = new Set(['media', 'source', 'master']);

/** Reads the pictures among a stage's inputs. @param inputs name → local file, PNG or MP4 */
export async function loadPictures(inputs: Readonly<Record<string, string>>, kind: 'image' | 'video'): Promise<Pictures> {
  const names = Object.keys(inputs).filter((name) => kind === 'image' || !VIDEO_INPUTS.has(name));
  const pictures = await Promise.all(names.map(async (name) => [name, await loadImage(await readFile(inputs[name] as string))] as const));
  return new Map(pictures);
}
