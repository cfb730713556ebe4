import type { Box } from '#backends/reference/draw-picture';
import type { CanvasSize } from '#backends/reference/draw-scene';
import type { Placement } from '#core/generations/recipe';

/** Which part of a source is drawn, and where. What the placement leaves out: all of the source, as large as fits, in the middle. */
export function placementOf(placement: Placement | null, source: CanvasSize, result: CanvasSize): { from: Box; to: Box } {
  const from = cropOf(placement ?? {}, source);
  const scale = Math.min(result.widthPx / from.widthPx, result.heightPx / from.heightPx);
  const widthPx = placement?.resizedWidth ?? Math.round(from.widthPx * scale);
  const heightPx = placement?.resizedHeight ?? Math.round(from.heightPx * scale);
  const x = placement?.gridPositionX ?? Math.round((result.widthPx - widthPx) / 2);
  const y = placement?.gridPositionY ?? Math.round((result.heightPx - heightPx) / 2);
  return { from, to: { x, y, widthPx, heightPx } };
}

/** Bounds outside the source, or the wrong way round, keep all of it. */
function cropOf({ xStart = 0, xEnd, yStart = 0, yEnd }: Placement, { widthPx, heightPx }: CanvasSize): Box {
  const [left, right] = spanOf(xStart, xEnd ?? widthPx, widthPx);
  const [top, bottom] = spanOf(yStart, yEnd ?? heightPx, heightPx);
  return { x: left, y: top, widthPx: right - left, heightPx: bottom - top };
}

function spanOf(start: number, end: number, limit: number): [number, number] {
  const [first, last] = [Math.max(0, start), Math.min(limit, end)];
  return first < last ? [first, last] : [0, limit];
}
