import type { AspectRatio } from '#core/catalog/models';

/** The short side is the resolution's number, the long side follows by the ratio, rounded to even: video needs even sides. */
export function sizeOf(resolution: string, aspectRatio: AspectRatio): { widthPx: number; heightPx: number } {
  const shortPx = Number.parseInt(resolution, 10);
  const [across, down] = aspectRatio.split(':').map(Number) as [number, number];
  const longPx = 2 * Math.round((shortPx * Math.max(across, down)) / Math.min(across, down) / 2);
  return across >= down ? { widthPx: longPx, heightPx: shortPx } : { widthPx: shortPx, heightPx: longPx };
}
