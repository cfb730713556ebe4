import type { SKRSContext2D } from '@napi-rs/canvas';
import { drawCover, wholeOf } from '#backends/reference/draw-picture';
import type { CanvasSize } from '#backends/reference/draw-scene';
import type { Pictures } from '#backends/reference/load-pictures';

/** The part of a clip over which a keyframe gives way to the scene. */
const FADE_PART = 0.3;

export interface Clip {
  durationS: number;
  framesPerSecond: number;
  loops: boolean;
}

/** The first frame is the first keyframe and the last frame the last one, nothing else; between them each gives way to the scene. */
export function drawKeyframes(canvas: SKRSContext2D, pictures: Pictures, size: CanvasSize, timeS: number, clip: Clip): void {
  const first = pictures.get('frame0') ?? pictures.get('first_frame');
  const last = pictures.get('frame1');
  if (first) drawCover(canvas, first, wholeOf(size), firstWeight(timeS, clip));
  if (last) drawCover(canvas, last, wholeOf(size), lastWeight(timeS, clip));
}

/** 1 at the first frame. A loop comes back to it after its last. */
export function firstWeight(timeS: number, { durationS, loops }: Clip): number {
  const leaving = eased(1 - timeS / (FADE_PART * durationS));
  return loops ? Math.max(leaving, eased(1 - (durationS - timeS) / (FADE_PART * durationS))) : leaving;
}

/** 1 at the last frame, which begins one frame before the end. */
export function lastWeight(timeS: number, { durationS, framesPerSecond }: Clip): number {
  const lastS = durationS - 1 / framesPerSecond;
  return eased(1 - (lastS - timeS) / (FADE_PART * durationS));
}

/** 0…1 with a slow start and end. */
function eased(part: number): number {
  const bounded = Math.min(1, Math.max(0, part));
  return bounded * bounded * (3 - 2 * bounded);
}
