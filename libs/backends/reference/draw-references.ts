import { createCanvas, type Image, type SKRSContext2D } from '@napi-rs/canvas';
import { drawCover, wholeOf } from '#backends/reference/draw-picture';
import type { CanvasSize } from '#backends/reference/draw-scene';
import type { Pictures } from '#backends/reference/load-pictures';

/** A style is its colours: of the picture only so many patches are kept. */
const STYLE_PATCHES = 6;
/** Parts of the picture's short side. */
const CARD_PART = 0.2;
const GAP_PART = 0.03;
const MARGIN_PART = 0.11;

/** Shows each reference as strongly as it weighs: a modified image lies under all, a style tints, images are cards, characters round portraits. */
export function drawReferences(
  canvas: SKRSContext2D,
  pictures: Pictures,
  weights: Readonly<Record<string, number>>,
  size: CanvasSize,
): void {
  const weightOf = (name: string) => weights[name] ?? 1;
  const shortSidePx = Math.min(size.widthPx, size.heightPx);
  const cardPx = shortSidePx * CARD_PART;
  const stepPx = cardPx + shortSidePx * GAP_PART;
  const marginPx = shortSidePx * MARGIN_PART;
  let cards = 0;
  let portraits = 0;
  for (const [name, picture] of pictures) {
    if (name === 'modify') drawCover(canvas, picture, wholeOf(size), weightOf(name));
    else if (name.startsWith('style')) tint(canvas, picture, weightOf(name), size);
    else if (name.startsWith('image')) {
      const y = marginPx + cards++ * stepPx;
      inset(canvas, picture, { x: size.widthPx - marginPx - cardPx, y, sidePx: cardPx, radiusPx: cardPx * 0.12 }, weightOf(name));
    } else if (name.startsWith('character')) {
      const x = marginPx + portraits++ * stepPx;
      inset(canvas, picture, { x, y: marginPx, sidePx: cardPx, radiusPx: cardPx / 2 }, weightOf(name));
    }
  }
}

/** Lays the picture's colours over what is there and keeps its light and dark. */
function tint(canvas: SKRSContext2D, picture: Image, weight: number, size: CanvasSize): void {
  const patches = createCanvas(STYLE_PATCHES, STYLE_PATCHES);
  drawCover(patches.getContext('2d'), picture, { x: 0, y: 0, widthPx: STYLE_PATCHES, heightPx: STYLE_PATCHES });
  canvas.save();
  canvas.globalCompositeOperation = 'color';
  drawCover(canvas, patches, wholeOf(size), weight);
  canvas.restore();
}

function inset(
  canvas: SKRSContext2D,
  picture: Image,
  { x, y, sidePx, radiusPx }: { x: number; y: number; sidePx: number; radiusPx: number },
  weight: number,
): void {
  canvas.save();
  canvas.beginPath();
  canvas.roundRect(x, y, sidePx, sidePx, radiusPx);
  canvas.clip();
  drawCover(canvas, picture, { x, y, widthPx: sidePx, heightPx: sidePx }, weight);
  canvas.restore();
  canvas.beginPath();
  canvas.roundRect(x, y, sidePx, sidePx, radiusPx);
  canvas.globalAlpha = 0.85 * weight;
  canvas.lineWidth = Math.max(1, sidePx / 60);
  canvas.strokeStyle = '#ffffff';
  canvas.stroke();
  canvas.globalAlpha = 1;
}
