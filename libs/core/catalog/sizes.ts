import type { AspectRatio, SizePx } from '#core/catalog/models';

/** Of each resolution's short side. */
const SHORT_SIDES_PX: Readonly<Record<string, number>> = { '540p': 540, '720p': 720, '1080p': 1080, '4k': 2160 };

/** The short side is the resolution's number, the long side follows by the ratio, rounded to even: video needs even sides. */
export function sizeOf(resolution: string, aspectRatio: AspectRatio): SizePx {
  const [across, down] = aspectRatio.split(':').map(Number) as [number, number];
  return sizeLike(resolution, { widthPx: across, heightPx: down });
}

/** A size of this resolution with the shape of another one. */
export function sizeLike(resolution: string, { widthPx, heightPx }: SizePx): SizePx {
  const shortPx = shortSidePx(resolution);
  const longPx = 2 * Math.round((shortPx * Math.max(widthPx, heightPx)) / Math.min(widthPx, heightPx) / 2);
  return widthPx >= heightPx ? { widthPx: longPx, heightPx: shortPx } : { widthPx: shortPx, heightPx: longPx };
}

export function shortSidePx(resolution: string): number {
  const shortPx = SHORT_SIDES_PX[resolution];
  if (!shortPx) throw new Error(`no such resolution: ${resolution}`);
  return shortPx;
}
