import { createCanvas } from '@napi-rs/canvas';
import type { StageOrder } from '#backends/backend';
import { drawCaption, drawClock } from '#backends/reference/draw-caption';
import { drawReferences } from '#backends/reference/draw-references';
import { type CanvasSize, drawScene } from '#backends/reference/draw-scene';
import { registerCaptionFonts } from '#backends/reference/fonts';
import { drawKeyframes } from '#backends/reference/keyframes';
import { NO_PICTURES, type Pictures } from '#backends/reference/load-pictures';
import { StageRefused } from '#backends/stage-refused';
import type { ScenePlan } from '#core/generations/scene-plan';
import type { RgbPicture } from '#media/rgb-picture';

/** Draws one moment of an order. The picture is valid until the next one is painted: both share their pixels. */
export type ScenePainter = (timeS: number) => RgbPicture;

/** The scene with its caption and what the customer brought along, at the given size; videos also show their clock. */
export function scenePainter(order: StageOrder, size: CanvasSize, pictures: Pictures = NO_PICTURES): ScenePainter {
  const { output, treatment } = order;
  const plan = planOf(order);
  const canvas = createCanvas(size.widthPx, size.heightPx);
  const context = canvas.getContext('2d');
  const caption = captionLayer(order, size);
  const clip = output.kind === 'video' ? { ...output, loops: treatment.loop } : undefined;
  return (timeS) => {
    drawScene(context, plan, size, sceneTimeS(timeS, clip), clip?.durationS);
    drawReferences(context, pictures, treatment.weights, size);
    context.drawImage(caption, 0, 0);
    if (clip && !clip.loops) drawClock(context, plan.ink, size, timeS, clip.durationS);
    if (clip) drawKeyframes(context, pictures, size, timeS, clip);
    return { ...size, channels: 4, pixels: canvas.data() };
  };
}

/** The scene alone, as drafts are measured. */
export function barePainter(order: StageOrder, size: CanvasSize): ScenePainter {
  const plan = planOf(order);
  const canvas = createCanvas(size.widthPx, size.heightPx);
  const context = canvas.getContext('2d');
  return (timeS) => {
    drawScene(context, plan, size, timeS);
    return { ...size, channels: 4, pixels: canvas.data() };
  };
}

/** Type is slow to set and the same in every frame: it is set once. */
export function captionLayer(order: StageOrder, size: CanvasSize) {
  registerCaptionFonts();
  const layer = createCanvas(size.widthPx, size.heightPx);
  drawCaption(layer.getContext('2d'), { ...order, ink: planOf(order).ink }, size);
  return layer;
}

/** @throws StageRefused for an order that nobody planned */
export function planOf({ plan, stage }: StageOrder): ScenePlan {
  if (!plan) throw new StageRefused(`stage '${stage}' needs a plan`);
  return plan;
}

/** A loop goes half the way and comes back, slowly at both turns, so that its end meets its beginning in place and in speed. */
function sceneTimeS(timeS: number, clip: { durationS: number; loops: boolean } | undefined): number {
  if (!clip?.loops) return timeS;
  return (clip.durationS / 4) * (1 - Math.cos((2 * Math.PI * timeS) / clip.durationS));
}
