import { createCanvas } from '@napi-rs/canvas';
import type { StageOrder } from '#backends/backend';
import { type Caption, drawCaption, drawClock } from '#backends/reference/draw-caption';
import { type CanvasSize, drawScene } from '#backends/reference/draw-scene';
import { registerCaptionFonts } from '#backends/reference/fonts';
import type { RgbPicture } from '#media/rgb-picture';

/** Draws one moment of an order. The picture is valid until the next one is painted: both share their pixels. */
export type ScenePainter = (timeS: number) => RgbPicture;

/** The scene with its caption, at the given size; videos also show their clock. */
export function scenePainter(order: StageOrder, size: CanvasSize): ScenePainter {
  const canvas = createCanvas(size.widthPx, size.heightPx);
  const context = canvas.getContext('2d');
  const caption = captionLayer({ ...order, ink: order.plan.ink }, size);
  const durationS = order.output.kind === 'video' ? order.output.durationS : undefined;
  return (timeS) => {
    drawScene(context, order.plan, size, timeS);
    context.drawImage(caption, 0, 0);
    if (durationS !== undefined) drawClock(context, order.plan.ink, size, timeS, durationS);
    return { ...size, channels: 4, pixels: canvas.data() };
  };
}

/** The scene alone, as drafts are measured. */
export function barePainter({ plan }: StageOrder, size: CanvasSize): ScenePainter {
  const canvas = createCanvas(size.widthPx, size.heightPx);
  const context = canvas.getContext('2d');
  return (timeS) => {
    drawScene(context, plan, size, timeS);
    return { ...size, channels: 4, pixels: canvas.data() };
  };
}

/** Type is slow to set and the same in every frame: it is set once. */
function captionLayer(caption: Caption, size: CanvasSize) {
  registerCaptionFonts();
  const layer = createCanvas(size.widthPx, size.heightPx);
  drawCaption(layer.getContext('2d'), caption, size);
  return layer;
}
