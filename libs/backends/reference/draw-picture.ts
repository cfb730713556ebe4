import type { Canvas, Image, SKRSContext2D } from '@napi-rs/canvas';

/** In pixels of the canvas. */
export interface Box {
  x: number;
  y: number;
  widthPx: number;
  heightPx: number;
}

/** Fills the box with the middle of the picture, without bending it. */
export function drawCover(canvas: SKRSContext2D, picture: Image | Canvas, box: Box, opacity = 1): void {
  if (opacity <= 0) return;
  const scale = Math.max(box.widthPx / picture.width, box.heightPx / picture.height);
  const [width, height] = [box.widthPx / scale, box.heightPx / scale];
  canvas.globalAlpha = Math.min(1, opacity);
  canvas.drawImage(
    picture,
    (picture.width - width) / 2,
    (picture.height - height) / 2,
    width,
    height,
    box.x,
    box.y,
    box.widthPx,
    box.heightPx,
  );
  canvas.globalAlpha = 1;
}

export function wholeOf({ widthPx, heightPx }: { widthPx: number; heightPx: number }): Box {
  return { x: 0, y: 0, widthPx, heightPx };
}
