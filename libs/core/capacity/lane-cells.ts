/** What a lane does. Three bits of its cell. */
export const LANE_STATES = ['idle', 'own', 'lent', 'shared', 'flex', 'ending', 'away'] as const;
export type LaneState = (typeof LANE_STATES)[number];

/** Slots name the tenants that hold lanes; 0 names nobody, the last one all for whom there was no slot. */
export const SLOT_BITS = 13;
export const OTHERS_SLOT = 2 ** SLOT_BITS - 1;

/** A lane in two bytes, so that ten thousand of them fit into 27 kB of base64. */
export function cellOf(state: LaneState, slot = 0): number {
  return (LANE_STATES.indexOf(state) << SLOT_BITS) | slot;
}

export function stateOf(cell: number): LaneState {
  return LANE_STATES[cell >> SLOT_BITS] ?? 'away';
}

export function slotOf(cell: number): number {
  return cell & OTHERS_SLOT;
}

/** Lanes that stand side by side in the cells: of one node, or of a site for those who shall not know its nodes. */
export interface LaneRange {
  siteId: string;
  nodeId: string | null;
  lanes: number;
}

/** The lanes that these slots hold, by site, and nothing else: how many others there are, and what they do, is not for every viewer. */
export function onlySlots(
  ranges: readonly LaneRange[],
  cells: Uint16Array,
  slots: ReadonlySet<number>,
): { ranges: LaneRange[]; cells: Uint16Array } {
  const bySite = new Map<string, number[]>();
  let place = 0;
  for (const { siteId, lanes } of ranges) {
    const ofSite = bySite.get(siteId) ?? [];
    bySite.set(siteId, ofSite);
    for (const cell of cells.subarray(place, place + lanes)) if (slots.has(slotOf(cell))) ofSite.push(cell);
    place += lanes;
  }
  const held = [...bySite].filter(([, ofSite]) => ofSite.length > 0);
  return {
    ranges: held.map(([siteId, ofSite]) => ({ siteId, nodeId: null, lanes: ofSite.length })),
    cells: Uint16Array.from(held.flatMap(([, ofSite]) => ofSite)),
  };
}

const DELTA_BYTES = 5;

/** What changed: three bytes of place and two of cell for each lane, little-endian. Undefined when a snapshot would be shorter. */
export function deltaOf(before: Uint16Array, after: Uint16Array): Buffer | undefined {
  if (before.length !== after.length) return undefined;
  const places: number[] = [];
  for (let place = 0; place < after.length; place += 1) if (before[place] !== after[place]) places.push(place);
  if (places.length * DELTA_BYTES > after.length * 2) return undefined;
  const delta = Buffer.alloc(places.length * DELTA_BYTES);
  for (const [at, place] of places.entries()) {
    delta.writeUIntLE(place, at * DELTA_BYTES, 3);
    delta.writeUInt16LE(after[place] as number, at * DELTA_BYTES + 3);
  }
  return delta;
}

/** As a viewer does it. */
export function applyDelta(cells: Uint16Array, delta: Buffer): Uint16Array {
  const after = Uint16Array.from(cells);
  for (let at = 0; at < delta.length; at += DELTA_BYTES) after[delta.readUIntLE(at, 3)] = delta.readUInt16LE(at + 3);
  return after;
}

export function packCells(cells: Uint16Array): Buffer {
  const packed = Buffer.alloc(cells.length * 2);
  for (const [place, cell] of cells.entries()) packed.writeUInt16LE(cell, place * 2);
  return packed;
}

export function unpackCells(packed: Buffer): Uint16Array {
  return Uint16Array.from({ length: packed.length / 2 }, (_, place) => packed.readUInt16LE(place * 2));
}
