import { expect, it } from 'vitest';
import { FreeLanes } from '#core/scheduling/free-lanes';

const LANES = ['n/0', 'n/1', 'n/2', 'n/3'];
const inOrder = (lanes: FreeLanes) => {
  const reader = lanes.reader();
  return Array.from({ length: lanes.count }, () => reader.next()?.laneId);
};

it('gives lanes away in the order of the node, whatever came free when', () => {
  const lanes = new FreeLanes(LANES, (laneId) => laneId === 'n/1');
  expect(inOrder(lanes)).toEqual(['n/0', 'n/2', 'n/3']);
  lanes.occupy('n/0');
  lanes.occupy('n/2');
  lanes.release('n/1');
  lanes.release('n/0');
  expect(inOrder(lanes)).toEqual(['n/0', 'n/1', 'n/3']);
});

it('is free once, and a lane that the node lost is nobody’s', () => {
  const lanes = new FreeLanes(LANES.slice(0, 2), () => false);
  lanes.release('n/0');
  lanes.release('n/3');
  lanes.occupy('n/3');
  expect([lanes.count, inOrder(lanes)]).toEqual([2, ['n/0', 'n/1']]);
});
