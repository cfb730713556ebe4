import type { SKRSContext2D } from '@napi-rs/canvas';
import type { CanvasSize } from '#backends/reference/draw-scene';
import { CAPTION_FAMILY } from '#backends/reference/fonts';
import { wrapText } from '#backends/reference/wrap-text';

export interface Caption {
  prompt: string;
  model: string;
  seed: number;
  ink: string;
}

const MAX_PROMPT_LINES = 3;

/** All measures in pixels. */
interface Layout {
  margin: number;
  promptSize: number;
  smallSize: number;
}

/** What stays the same in every frame: the prompt, and that this is a reference drawing. */
export function drawCaption(canvas: SKRSContext2D, caption: Caption, size: CanvasSize): void {
  const layout = layoutOf(size);
  drawShade(canvas, size);
  canvas.fillStyle = caption.ink;
  canvas.textBaseline = 'alphabetic';
  canvas.textAlign = 'left';

  small(canvas, layout);
  const bottom = size.heightPx - layout.margin;
  canvas.globalAlpha = 0.75;
  canvas.fillText(
    `${caption.model} · seed ${caption.seed} · drawn by rule, not by a model`,
    layout.margin,
    bottom,
    size.widthPx - 2 * layout.margin,
  );
  canvas.globalAlpha = 1;
  drawMark(canvas, layout);

  canvas.font = `600 ${layout.promptSize}px ${CAPTION_FAMILY}`;
  const lines = wrapText(caption.prompt, {
    maxWidth: Math.min(size.widthPx - 2 * layout.margin, layout.promptSize * 26), // longer lines are hard to read
    maxLines: MAX_PROMPT_LINES,
    widthOf: (line) => canvas.measureText(line).width,
  });
  const lineHeight = layout.promptSize * 1.28;
  const lastBaseline = bottom - layout.smallSize * 2.1;
  for (const [index, line] of lines.entries()) {
    canvas.fillText(line, layout.margin, lastBaseline - (lines.length - 1 - index) * lineHeight);
  }
}

/** The time since the start, and a line that fills as the video goes on. */
export function drawClock(canvas: SKRSContext2D, ink: string, size: CanvasSize, timeS: number, durationS: number): void {
  const layout = layoutOf(size);
  canvas.fillStyle = ink;
  small(canvas, layout);
  canvas.textBaseline = 'alphabetic';
  canvas.textAlign = 'right';
  canvas.fillText(`${timeS.toFixed(2)} s`, size.widthPx - layout.margin, layout.margin + layout.smallSize);

  const thickness = Math.max(2, Math.round(layout.smallSize / 6));
  canvas.fillRect(0, size.heightPx - thickness, (size.widthPx * timeS) / durationS, thickness);
}

/** "REFERENCE" in the upper left corner, after a small disc. */
function drawMark(canvas: SKRSContext2D, { margin, smallSize }: Layout): void {
  const radius = smallSize * 0.36;
  canvas.beginPath();
  canvas.arc(margin + radius, margin + smallSize - radius, radius, 0, 2 * Math.PI);
  canvas.fill();
  canvas.font = `600 ${smallSize}px ${CAPTION_FAMILY}`;
  canvas.letterSpacing = `${smallSize * 0.18}px`;
  canvas.fillText('REFERENCE', margin + radius * 2 + smallSize * 0.6, margin + smallSize);
  canvas.letterSpacing = '0px';
}

/** Darkens the edges that carry text, so that it reads on any scene. */
function drawShade(canvas: SKRSContext2D, { widthPx, heightPx }: CanvasSize): void {
  const shade = canvas.createLinearGradient(0, 0, 0, heightPx);
  shade.addColorStop(0, 'rgba(0, 0, 0, 0.42)');
  shade.addColorStop(0.2, 'rgba(0, 0, 0, 0)');
  shade.addColorStop(0.55, 'rgba(0, 0, 0, 0)');
  shade.addColorStop(1, 'rgba(0, 0, 0, 0.7)');
  canvas.fillStyle = shade;
  canvas.fillRect(0, 0, widthPx, heightPx);
}

function small(canvas: SKRSContext2D, { smallSize }: Layout): void {
  canvas.font = `500 ${smallSize}px ${CAPTION_FAMILY}`;
}

function layoutOf({ widthPx, heightPx }: CanvasSize): Layout {
  const shortSidePx = Math.min(widthPx, heightPx);
  return {
    margin: Math.round(shortSidePx * 0.055),
    promptSize: Math.round(shortSidePx * 0.044),
    smallSize: Math.round(shortSidePx * 0.025),
  };
}
