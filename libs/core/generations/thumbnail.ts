const ENDING = '.thumb.jpg';

/** Fits into a square of this side: twice the size at which lists show it, for dense screens. */
export const THUMBNAIL_SIDE_PX = 320;

/** Where the small picture of an image is kept: beside it, so that it is erased with it. */
export function thumbnailKeyOf(imageKey: string): string {
  return `${imageKey}${ENDING}`;
}

/** The image that a thumbnail's key stands for; undefined for the key of anything else. */
export function imageOfThumbnail(key: string): string | undefined {
  return key.endsWith(ENDING) ? key.slice(0, -ENDING.length) : undefined;
}
