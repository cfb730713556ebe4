import { describe, expect, it } from 'vitest';
import { blocksOf, layOut, neighbour, ordered } from '#web/admin/live/lane-layout';

const cell = (state: number, slot: number) => (state << 13) | slot;
const IDLE = cell(0, 0);
const ranges = [
  { siteId: 's', nodeId: 'a', lanes: 4 },
  { siteId: 's', nodeId: 'b', lanes: 4 },
  { siteId: 's', nodeId: 'c', lanes: 4 },
];
const cells = Uint16Array.of(
  IDLE,
  IDLE,
  IDLE,
  IDLE,
  cell(2, 7),
  cell(1, 3),
  cell(1, 3),
  cell(1, 3),
  cell(1, 3),
  cell(1, 3),
  IDLE,
  cell(1, 3),
);

describe('the lane map', () => {
  it('orders nodes by owner and then state, idle ones last, and lanes of a node likewise', () => {
    const inOrder = ordered(blocksOf(ranges), cells);
    expect(inOrder.map(({ nodeId }) => nodeId)).toEqual(['b', 'c', 'a']);
    expect(inOrder.map(({ places }) => places)).toEqual([
      [5, 6, 7, 4],
      [8, 9, 11, 10],
      [0, 1, 2, 3],
    ]);
  });

  it('puts every lane once, at whole pixels, inside the width and on no other', () => {
    const { drawn, heightPx } = layOut(blocksOf(ranges), cells, 100, { cellPx: 16, isByNode: false });
    expect(drawn.map(({ place }) => place).sort((one, other) => one - other)).toEqual([...Array(12).keys()]);
    expect(new Set(drawn.map(({ x, y }) => `${x}/${y}`)).size).toBe(12);
    for (const { x, y } of drawn) {
      expect(Number.isInteger(x) && Number.isInteger(y)).toBe(true);
      expect(x + 16).toBeLessThanOrEqual(100);
      expect(y + 16).toBeLessThanOrEqual(heightPx);
    }
  });

  it('is one cell a node when there are too many lanes', () => {
    expect(layOut(blocksOf(ranges), cells, 100, { cellPx: 8, isByNode: true }).drawn).toHaveLength(3);
  });

  it('leads arrows to the neighbour, and never out of the map', () => {
    const layout = layOut(blocksOf(ranges), cells, 100, { cellPx: 16, isByNode: false });
    expect(neighbour(layout, 0, 'ArrowLeft')).toBe(0);
    expect(neighbour(layout, 0, 'ArrowRight')).toBe(1);
    const below = neighbour(layout, 0, 'ArrowDown');
    expect(layout.drawn[below]?.y).toBeGreaterThan(layout.drawn[0]?.y as number);
    expect(neighbour(layout, below, 'ArrowUp')).toBe(0);
    expect(neighbour(layout, 0, 'End')).toBe(11);
  });
});
