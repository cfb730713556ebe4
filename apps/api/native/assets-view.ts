import type { Assets } from '#contracts/native/common';
import { thumbnailKeyOf } from '#core/generations/thumbnail';

/** What was made as the native API shows it; null when there is no image. @param keys of the storage */
export function assetsView(keys: { image?: string; video?: string } | null, assetUrl: (key: string) => string): Assets | null {
  if (!keys?.image) return null;
  const { image, video } = keys;
  return { image: assetUrl(image), thumbnail: assetUrl(thumbnailKeyOf(image)), ...(video && { video: assetUrl(video) }) };
}
