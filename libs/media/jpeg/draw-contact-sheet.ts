import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import sharp from 'sharp';

const require = createRequire(import.meta.url);

/** A picture on a contact sheet. */
export interface Thumbnail {
  /** Encoded image; null draws an empty frame, for one that has been deleted. */
  image: Buffer | null;
  /** A short line, drawn bold, and a longer one under it. */
  title: string;
  caption: string;
}

const COLUMNS = 10;
const CELL_WIDTH_PX = 236;
const FRAME_HEIGHT_PX = 150;
const LABEL_HEIGHT_PX = 52;
const GAP_PX = 12;
const MARGIN_PX = 28;
const HEADER_PX = 64;
const QUALITY = 86;
/** Each script is a family of its own, because each is a file of its own. Other scripts fall to the machine's fonts. */
const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'greek', 'vietnamese'];
const WEIGHTS = [400, 600];
const FAMILY = SUBSETS.map((subset) => `"${familyOf(subset)}"`).join(', ');

/** Draws a page of labelled thumbnails, ten a line, as JPEG. Pictures keep their shape and are never cropped. */
export async function drawContactSheet(title: string, thumbnails: readonly Thumbnail[]): Promise<Buffer> {
  loadFonts();
  const lines = Math.max(1, Math.ceil(thumbnails.length / COLUMNS));
  const columns = Math.min(COLUMNS, Math.max(1, thumbnails.length));
  const cellHeight = FRAME_HEIGHT_PX + LABEL_HEIGHT_PX;
  const widthPx = 2 * MARGIN_PX + columns * CELL_WIDTH_PX + (columns - 1) * GAP_PX;
  const heightPx = 2 * MARGIN_PX + HEADER_PX + lines * cellHeight + (lines - 1) * GAP_PX;
  const canvas = createCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, widthPx, heightPx);
  context.textBaseline = 'alphabetic';
  context.fillStyle = '#111318';
  context.font = `600 26px ${FAMILY}`;
  context.fillText(fitted(context, title, widthPx - 2 * MARGIN_PX), MARGIN_PX, MARGIN_PX + 30);

  for (const [at, { image, title: label, caption }] of thumbnails.entries()) {
    const left = MARGIN_PX + (at % COLUMNS) * (CELL_WIDTH_PX + GAP_PX);
    const top = MARGIN_PX + HEADER_PX + Math.floor(at / COLUMNS) * (cellHeight + GAP_PX);
    context.fillStyle = '#eef0f3';
    context.fillRect(left, top, CELL_WIDTH_PX, FRAME_HEIGHT_PX);
    const small = image && (await thumbnailOf(image));
    if (small) {
      const picture = context.createImageData(small.widthPx, small.heightPx);
      picture.data.set(small.rgba);
      context.putImageData(
        picture,
        left + Math.floor((CELL_WIDTH_PX - small.widthPx) / 2),
        top + Math.floor((FRAME_HEIGHT_PX - small.heightPx) / 2),
      );
    }
    context.fillStyle = '#111318';
    context.font = `600 14px ${FAMILY}`;
    context.fillText(fitted(context, label, CELL_WIDTH_PX), left, top + FRAME_HEIGHT_PX + 20);
    context.fillStyle = '#565c68';
    context.font = `400 13px ${FAMILY}`;
    context.fillText(fitted(context, caption, CELL_WIDTH_PX), left, top + FRAME_HEIGHT_PX + 39);
  }
  return canvas.encode('jpeg', QUALITY);
}

async function thumbnailOf(image: Buffer): Promise<{ rgba: Buffer; widthPx: number; heightPx: number } | null> {
  const { data, info } = await sharp(image)
    .resize(CELL_WIDTH_PX, FRAME_HEIGHT_PX, { fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { rgba: data, widthPx: info.width, heightPx: info.height };
}

/** The text, cut with an ellipsis where it would leave its cell. */
function fitted(context: { measureText(text: string): { width: number } }, text: string, widthPx: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (context.measureText(line).width <= widthPx) return line;
  let [fits, tooLong] = [0, line.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (context.measureText(`${line.slice(0, middle)}…`).width <= widthPx) fits = middle;
    else tooLong = middle;
  }
  return `${line.slice(0, fits).trimEnd()}…`;
}

/** From a package, so that a sheet looks the same on every machine. */
function loadFonts(): void {
  for (const subset of SUBSETS) {
    if (GlobalFonts.has(familyOf(subset))) continue;
    for (const weight of WEIGHTS) {
      const file = require.resolve(`@fontsource/inter/files/inter-${subset}-${weight}-normal.woff2`);
      if (!GlobalFonts.registerFromPath(file, familyOf(subset))) throw new Error(`the font ${subset} ${weight} cannot be read`);
    }
  }
}

function familyOf(subset: string): string {
  return `Halogen Sheet ${subset}`;
}
