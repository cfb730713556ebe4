import type { CanvasGradient, SKRSContext2D } from '@napi-rs/canvas';
import type { CameraMove } from '#core/catalog/camera-moves';
import type { Ribbon, RoundShape, ScenePlan } from '#core/generations/scene-plan';

export interface CanvasSize {
  widthPx: number;
  heightPx: number;
}

const RADIANS_PER_DEGREE = Math.PI / 180;
/** Straight pieces a wave is drawn with. */
const RIBBON_STEPS = 96;

/**
 * Draws the plan as it looks `timeS` seconds after the start, over everything that was there.
 * @param durationS of the clip over which the camera makes its move; without one it stands in the middle of it
 */
export function drawScene(canvas: SKRSContext2D, plan: ScenePlan, size: CanvasSize, timeS: number, durationS?: number): void {
  canvas.save();
  canvas.globalAlpha = 1;
  canvas.fillStyle = backgroundOf(canvas, plan, size, timeS);
  canvas.fillRect(0, 0, size.widthPx, size.heightPx);
  if (plan.camera) moveCamera(canvas, plan.camera, size, durationS ? timeS / durationS : 0.5);
  for (const shape of plan.shapes) {
    canvas.globalAlpha = shape.opacity;
    if (shape.kind === 'ribbon') drawRibbon(canvas, shape, size, timeS);
    else drawRound(canvas, shape, size, timeS);
  }
  canvas.restore();
}

/** The move goes through the place where a still camera stands, so nearer than that by as much as would else show beyond the edges. */
function moveCamera(canvas: SKRSContext2D, camera: CameraMove, { widthPx, heightPx }: CanvasSize, part: number): void {
  const shortSidePx = Math.min(widthPx, heightPx);
  const { acrossPerClip, downPerClip, nearerPerClip, rollDegPerClip } = camera;
  const travelled = part - 0.5;
  const reach = Math.max((Math.abs(acrossPerClip) * shortSidePx) / widthPx, (Math.abs(downPerClip) * shortSidePx) / heightPx);
  const farthest = 1 + reach + Math.abs(Math.sin((rollDegPerClip * RADIANS_PER_DEGREE) / 2)) * 1.8;
  const zoom = (farthest * (1 + nearerPerClip * part)) / Math.min(1, 1 + nearerPerClip);
  canvas.translate(widthPx / 2 + acrossPerClip * travelled * shortSidePx, heightPx / 2 + downPerClip * travelled * shortSidePx);
  canvas.rotate(rollDegPerClip * travelled * RADIANS_PER_DEGREE);
  canvas.scale(zoom, zoom);
  canvas.translate(-widthPx / 2, -heightPx / 2);
}

/** A linear gradient through the centre that reaches the corners at any angle. */
function backgroundOf(canvas: SKRSContext2D, { background }: ScenePlan, { widthPx, heightPx }: CanvasSize, timeS: number): CanvasGradient {
  const angle = (background.angleDeg + background.turnDegPerS * timeS) * RADIANS_PER_DEGREE;
  const reachX = (Math.cos(angle) * Math.hypot(widthPx, heightPx)) / 2;
  const reachY = (Math.sin(angle) * Math.hypot(widthPx, heightPx)) / 2;
  const gradient = canvas.createLinearGradient(widthPx / 2 - reachX, heightPx / 2 - reachY, widthPx / 2 + reachX, heightPx / 2 + reachY);
  gradient.addColorStop(0, background.from);
  gradient.addColorStop(1, background.to);
  return gradient;
}

function drawRound(canvas: SKRSContext2D, shape: RoundShape, { widthPx, heightPx }: CanvasSize, timeS: number): void {
  const shortSidePx = Math.min(widthPx, heightPx);
  const angle = (shape.orbitStartDeg + shape.orbitDegPerS * timeS) * RADIANS_PER_DEGREE;
  const x = shape.x * widthPx + Math.cos(angle) * shape.orbitRadius * shortSidePx;
  const y = shape.y * heightPx + Math.sin(angle) * shape.orbitRadius * shortSidePx;
  const radius = shape.radius * shortSidePx;

  canvas.beginPath();
  canvas.arc(x, y, radius, 0, 2 * Math.PI);
  if (shape.kind === 'ring') {
    canvas.lineWidth = Math.max(1, shortSidePx / 360);
    canvas.strokeStyle = shape.colour;
    canvas.stroke();
    return;
  }
  canvas.fillStyle = shape.kind === 'glow' ? glowOf(canvas, shape.colour, x, y, radius) : shadedOf(canvas, shape.colour, x, y, radius);
  canvas.fill();
}

function glowOf(canvas: SKRSContext2D, colour: string, x: number, y: number, radius: number): CanvasGradient {
  const gradient = canvas.createRadialGradient(x, y, 0, x, y, radius);
  gradient.addColorStop(0, colour);
  gradient.addColorStop(0.5, `${colour}55`);
  gradient.addColorStop(1, `${colour}00`);
  return gradient;
}

/** A little less at the lower right, so that discs look lit from one side. */
function shadedOf(canvas: SKRSContext2D, colour: string, x: number, y: number, radius: number): CanvasGradient {
  const gradient = canvas.createLinearGradient(x - radius * 0.7, y - radius * 0.7, x + radius * 0.7, y + radius * 0.7);
  gradient.addColorStop(0, colour);
  gradient.addColorStop(1, `${colour}b0`);
  return gradient;
}

function drawRibbon(canvas: SKRSContext2D, ribbon: Ribbon, { widthPx, heightPx }: CanvasSize, timeS: number): void {
  const startDeg = ribbon.startDeg + ribbon.travelDegPerS * timeS;
  canvas.beginPath();
  canvas.moveTo(0, heightPx);
  for (let step = 0; step <= RIBBON_STEPS; step++) {
    const across = step / RIBBON_STEPS;
    const angle = (startDeg + across * ribbon.waves * 360) * RADIANS_PER_DEGREE;
    canvas.lineTo(across * widthPx, (ribbon.y + Math.sin(angle) * ribbon.waveHeight) * heightPx);
  }
  canvas.lineTo(widthPx, heightPx);
  canvas.closePath();
  canvas.fillStyle = ribbon.colour;
  canvas.fill();
}
