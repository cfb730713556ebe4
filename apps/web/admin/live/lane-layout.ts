/** Bits of a cell below its state: whose lane it is. */
const SLOT_BITS = 13;
const GAP_PX = 1;
const NODE_GAP_PX = 5;
/** Above so many lanes a node is one cell. */
export const MAX_LANES_DRAWN = 20_000;

export const stateNumber = (cell: number): number => cell >> SLOT_BITS;
export const slotNumber = (cell: number): number => cell & (2 ** SLOT_BITS - 1);

/** Lanes of one node: places in the cells. */
export interface NodeBlock {
  nodeId: string;
  siteId: string;
  places: number[];
}

/** A lane, or the node that stands for its lanes, at whole pixels. */
export interface DrawnCell {
  place: number;
  nodeId: string;
  /** Of its node, from 1. */
  lane: number;
  x: number;
  y: number;
}

export interface SiteLayout {
  cellPx: number;
  heightPx: number;
  drawn: DrawnCell[];
}

export function blocksOf(ranges: readonly { siteId: string; nodeId: string | null; lanes: number }[]): NodeBlock[] {
  const byNode = new Map<string, NodeBlock>();
  let place = 0;
  for (const { siteId, nodeId, lanes } of ranges) {
    const key = nodeId ?? siteId;
    const block = byNode.get(key) ?? { nodeId: key, siteId, places: [] };
    byNode.set(key, block);
    for (let at = 0; at < lanes; at += 1) block.places.push(place + at);
    place += lanes;
  }
  return [...byNode.values()];
}

/** The cell that says most of a node: the one most of its lanes have. */
export function mainCell({ places }: NodeBlock, cells: Uint16Array): number {
  const counts = new Map<number, number>();
  let best = 0;
  let most = 0;
  for (const place of places) {
    const cell = cells[place] ?? 0;
    const count = (counts.get(cell) ?? 0) + 1;
    counts.set(cell, count);
    if (count > most) {
      most = count;
      best = cell;
    }
  }
  return best;
}

/** Nodes by owner and then state, lanes of a node too: lending becomes a border that is seen, not confetti. Idle nodes come last. */
export function ordered(blocks: readonly NodeBlock[], cells: Uint16Array): NodeBlock[] {
  const keyed = blocks.map((block) => ({ block, key: keyOf(mainCell(block, cells)) }));
  keyed.sort((one, other) => one.key - other.key || (one.block.nodeId < other.block.nodeId ? -1 : 1));
  return keyed.map(({ block }) => ({
    ...block,
    places: [...block.places].sort((one, other) => keyOf(cells[one] ?? 0) - keyOf(cells[other] ?? 0) || one - other),
  }));
}

function keyOf(cell: number): number {
  const slot = slotNumber(cell);
  return (slot === 0 ? 2 ** SLOT_BITS : slot) * 8 + stateNumber(cell);
}

/** The largest cells with which all lanes of the page are seen at once; never below 7 px, where forms are no longer told apart. */
export function cellPxFor(lanes: number): number {
  if (lanes <= 100) return 24;
  if (lanes <= 600) return 16;
  if (lanes <= 2_500) return 11;
  return 8;
}

/** Nodes as blocks from left to right, in rows. */
export function layOut(
  blocks: readonly NodeBlock[],
  cells: Uint16Array,
  widthPx: number,
  of: { cellPx: number; isByNode: boolean },
): SiteLayout {
  const { cellPx, isByNode } = of;
  const drawn: DrawnCell[] = [];
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  for (const { nodeId, places } of ordered(blocks, cells)) {
    const shown = isByNode ? places.slice(0, 1) : places;
    const columns = Math.max(1, Math.min(Math.ceil(Math.sqrt(shown.length * 2)), Math.floor((widthPx + GAP_PX) / cellPx)));
    const rows = Math.ceil(shown.length / columns);
    const gap = isByNode ? GAP_PX : NODE_GAP_PX;
    if (x > 0 && x + columns * cellPx > widthPx) {
      x = 0;
      y += rowHeight + gap;
      rowHeight = 0;
    }
    for (const [at, place] of shown.entries()) {
      drawn.push({ place, nodeId, lane: at + 1, x: x + (at % columns) * cellPx, y: y + Math.floor(at / columns) * cellPx });
    }
    x += columns * cellPx + gap;
    rowHeight = Math.max(rowHeight, rows * cellPx);
  }
  return { cellPx, heightPx: y + rowHeight, drawn };
}

/** Where an arrow leads from one lane: the next one in reading order, or the nearest one above or below. */
export function neighbour({ drawn }: SiteLayout, from: number, key: string): number {
  const at = drawn[from];
  if (!at) return 0;
  if (key === 'ArrowLeft') return Math.max(0, from - 1);
  if (key === 'ArrowRight') return Math.min(drawn.length - 1, from + 1);
  if (key === 'Home') return 0;
  if (key === 'End') return drawn.length - 1;
  const direction = key === 'ArrowUp' ? -1 : 1;
  let best = from;
  let bestFar = Number.POSITIVE_INFINITY;
  for (const [index, other] of drawn.entries()) {
    const down = (other.y - at.y) * direction;
    if (down <= 0) continue;
    const far = down * 4 + Math.abs(other.x - at.x);
    if (far < bestFar) {
      bestFar = far;
      best = index;
    }
  }
  return best;
}
