import { type Canvas, createCanvas, type Image, ImageData } from '@napi-rs/canvas';
import type { StageOrder } from '#backends/backend';
import { drawCover, wholeOf } from '#backends/reference/draw-picture';
import { type CanvasSize, drawScene } from '#backends/reference/draw-scene';
import { type Clip, drawKeyframes } from '#backends/reference/keyframes';
import type { Pictures } from '#backends/reference/load-pictures';
import { placementOf } from '#backends/reference/placement';
import { captionLayer, planOf } from '#backends/reference/scene-painter';
import { MODIFY_MODES } from '#core/generations/recipe';
import type { RgbPicture } from '#media/rgb-picture';

/** Draws one moment of a source made anew. The picture is valid until the next one is painted. */
export type RemakePainter = (source: Image | Canvas, timeS: number) => RgbPicture;

/** How much of the source the farthest mode hides, and each step on the way there. */
const NEAREST_VEIL = 0.12;
const VEIL_STEP = 0.1;

/** A modified source shows through the scene, the less the farther its mode; a reframed one stands in the scene as it is. */
export function remakePainter(order: StageOrder, size: CanvasSize, pictures: Pictures, clip?: Clip): RemakePainter {
  const { operation, mode, placement } = order.treatment;
  const plan = planOf(order);
  const canvas = createCanvas(size.widthPx, size.heightPx);
  const context = canvas.getContext('2d');
  const scene = createCanvas(size.widthPx, size.heightPx);
  const sceneContext = scene.getContext('2d');
  const caption = captionLayer(order, size);
  return (source, timeS) => {
    drawScene(sceneContext, plan, size, timeS, clip?.durationS);
    if (operation === 'modify') {
      drawCover(context, source, wholeOf(size));
      context.globalAlpha = veilOf(mode);
      context.drawImage(scene, 0, 0);
      context.globalAlpha = 1;
      context.drawImage(caption, 0, 0);
    } else {
      context.drawImage(scene, 0, 0);
      context.drawImage(caption, 0, 0);
      const { from, to } = placementOf(placement, { widthPx: source.width, heightPx: source.height }, size);
      context.drawImage(source, from.x, from.y, from.widthPx, from.heightPx, to.x, to.y, to.widthPx, to.heightPx);
    }
    if (clip) drawKeyframes(context, pictures, size, timeS, clip);
    return { ...size, channels: 4, pixels: canvas.data() };
  };
}

/** Decoded pixels as something that can be drawn; one canvas for all pictures of a video. */
export function drawable(size: CanvasSize): (picture: RgbPicture) => Canvas {
  const canvas = createCanvas(size.widthPx, size.heightPx);
  const context = canvas.getContext('2d');
  return ({ pixels, widthPx, heightPx }) => {
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length), widthPx, heightPx), 0, 0);
    return canvas;
  };
}

function veilOf(mode: StageOrder['treatment']['mode']): number {
  return NEAREST_VEIL + VEIL_STEP * (mode ? MODIFY_MODES.indexOf(mode) : 0);
}
