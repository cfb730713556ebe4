import { type SiteLayout, slotNumber, stateNumber } from '#web/admin/live/lane-layout';

const COLOUR_OF_STATE: Record<string, string> = {
  idle: '--idle',
  own: '--own',
  lent: '--lent',
  shared: '--shared',
  flex: '--flex',
  ending: '--lent',
  away: '--quiet',
};

/** Draws lanes, each state by a colour and a form of its own, and afterwards only those that changed. */
export class LanePainter {
  private readonly pen: CanvasRenderingContext2D;
  private sprites: (CanvasImageSource | undefined)[] = [];
  private painted = new Uint16Array(0);
  private layout: SiteLayout = { cellPx: 8, heightPx: 0, drawn: [] };
  /** Whose lanes stand out; undefined: everybody's. */
  highlighted: number | undefined;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.pen = canvas.getContext('2d') as CanvasRenderingContext2D;
  }

  /** Begins anew: another layout, other colours. */
  reset(layout: SiteLayout, widthPx: number, states: readonly string[]): void {
    const { canvas } = this;
    const ratio = Math.max(1, Math.round(devicePixelRatio));
    canvas.width = widthPx * ratio;
    canvas.height = layout.heightPx * ratio;
    canvas.style.width = `${widthPx}px`;
    canvas.style.height = `${layout.heightPx}px`;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.layout = layout;
    this.painted = new Uint16Array(layout.drawn.length).fill(0xffff);
    const look = getComputedStyle(document.documentElement);
    const colourOf = (name: string) => look.getPropertyValue(name).trim();
    this.sprites = states.map((state) => spriteOf(state, layout.cellPx - 1, ratio, colourOf));
  }

  paint(cells: Uint16Array): void {
    const { cellPx, drawn } = this.layout;
    const side = cellPx - 1;
    for (const [at, { place, x, y }] of drawn.entries()) {
      const cell = cells[place] ?? 0;
      if (this.painted[at] === cell) continue;
      this.painted[at] = cell;
      const sprite = this.sprites[stateNumber(cell)];
      this.pen.clearRect(x, y, side, side);
      this.pen.globalAlpha = this.highlighted === undefined || this.highlighted === slotNumber(cell) ? 1 : 0.25;
      if (sprite) this.pen.drawImage(sprite, x, y, side, side);
    }
  }
}

function spriteOf(state: string, side: number, ratio: number, colourOf: (name: string) => string): HTMLCanvasElement {
  const sprite = document.createElement('canvas');
  sprite.width = side * ratio;
  sprite.height = side * ratio;
  const pen = sprite.getContext('2d') as CanvasRenderingContext2D;
  pen.scale(ratio, ratio);
  drawState(pen, state, side, colourOf);
  return sprite;
}

/** Own solid, lent with a notched corner, shared round, flex a diamond, idle hollow, ending with a hole, away a bar. */
export function drawState(pen: CanvasRenderingContext2D, state: string, side: number, colourOf: (name: string) => string): void {
  const middle = side / 2;
  pen.fillStyle = colourOf(COLOUR_OF_STATE[state] ?? '--quiet');
  pen.strokeStyle = pen.fillStyle;
  pen.beginPath();
  if (state === 'own') pen.rect(0, 0, side, side);
  else if (state === 'lent' || state === 'ending') {
    const notch = Math.ceil(side * 0.45);
    pen.moveTo(notch, 0);
    for (const [x, y] of [
      [side, 0],
      [side, side],
      [0, side],
      [0, notch],
    ] as const)
      pen.lineTo(x, y);
    pen.closePath();
  } else if (state === 'shared') pen.arc(middle, middle, middle, 0, 2 * Math.PI);
  else if (state === 'flex') {
    pen.moveTo(middle, 0);
    for (const [x, y] of [
      [side, middle],
      [middle, side],
      [0, middle],
    ] as const)
      pen.lineTo(x, y);
    pen.closePath();
  } else if (state === 'away') pen.rect(0, Math.floor(middle - side / 8), side, Math.max(1, Math.round(side / 4)));
  else {
    pen.lineWidth = Math.max(1, side / 8);
    pen.strokeRect(pen.lineWidth / 2, pen.lineWidth / 2, side - pen.lineWidth, side - pen.lineWidth);
    return;
  }
  pen.fill();
  if (state === 'ending') {
    pen.globalCompositeOperation = 'destination-out';
    pen.beginPath();
    pen.arc(middle, middle, Math.max(1, side / 4), 0, 2 * Math.PI);
    pen.fill();
  }
}
