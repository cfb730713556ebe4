import { expect, it } from 'vitest';
import { type LaneState, slotOf, stateOf } from '#core/capacity/lane-cells';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { NodeFacts } from '#core/scheduling/changes';
import { LaneUse } from '#core/scheduling/lane-use';
import type { ServedFrom } from '#core/scheduling/service-tier';

const aNode = (more: Partial<NodeFacts> = {}): NodeFacts => ({
  nodeId: 'n1',
  siteId: 'north',
  region: 'eu',
  jurisdiction: 'de',
  laneIds: ['a', 'b', 'c', 'd'],
  residentModels: [],
  isUsable: true,
  ...more,
});
const ref = (generationId: string, tenantId = 'acme') => ({ tenantId, generationId, fence: '1' });

function leased(
  use: LaneUse,
  generationId: string,
  laneIds: string[],
  servedFrom: ServedFrom,
  tier: ServiceTier = 'shared',
  tenantId = 'acme',
) {
  use.apply({
    type: 'leased',
    lease: {
      ...ref(generationId, tenantId),
      ...{ tier, model: 'm', outputKey: '', burnLaneMs: 1, gangLanes: laneIds.length, priority: 0, startBy: null, completeBy: null },
      ...{ createdAt: 0, queuedAt: 0, traceparent: null, placement: {}, nodeId: 'n1', laneIds, servedFrom, startedAt: 0, estimatedMs: 1 },
    },
  });
}
const states = (use: LaneUse): LaneState[] => [...use.cells].map(stateOf);

it('shows what each lane does, and for whom', () => {
  const use = new LaneUse();
  use.apply({ type: 'node', node: aNode() });
  leased(use, 'g1', ['b', 'c'], 'own', 'dedicated');
  leased(use, 'g2', ['a'], 'lent', 'flex', 'other');
  expect(states(use)).toEqual(['flex', 'own', 'own', 'idle']);
  expect([...use.cells].map((cell) => use.slots.get(slotOf(cell)))).toEqual(['other', 'acme', 'acme', undefined]);
  use.apply({ type: 'ended', lease: ref('g1'), ranMs: 5, wasWhole: true });
  expect(states(use)).toEqual(['flex', 'ending', 'ending', 'idle']);
  use.apply({ type: 'freed', lease: ref('g1') });
  expect(states(use)).toEqual(['flex', 'idle', 'idle', 'idle']);
});

it('sums up by tenant and for the pool class', () => {
  const use = new LaneUse();
  use.apply({ type: 'node', node: aNode() });
  use.apply({ type: 'units', tenantId: 'acme', units: 3 });
  leased(use, 'g1', ['a'], 'own', 'spillover');
  leased(use, 'g2', ['b'], 'lent', 'shared', 'other');
  expect(new Map(use.byTenant())).toEqual(
    new Map([
      ['acme', { own: 1, lent: 0, shared: 0, flex: 0, idle: 2 }],
      ['other', { own: 0, lent: 1, shared: 0, flex: 0, idle: 0 }],
    ]),
  );
  expect(use.ofPool()).toEqual({ own: 1, lent: 1, shared: 0, flex: 0, idle: 2 });
  use.apply({ type: 'freed', lease: ref('g2', 'other') });
  expect([...use.byTenant()].map(([tenantId]) => tenantId)).toEqual(['acme']);
});

it('keeps places when a node goes away and comes back, and takes each change once', () => {
  const use = new LaneUse();
  use.apply({ type: 'node', node: aNode() });
  leased(use, 'g1', ['d'], 'shared');
  leased(use, 'g1', ['d'], 'shared');
  use.apply({ type: 'node', node: aNode({ isUsable: false }) });
  expect(states(use)).toEqual(['away', 'away', 'away', 'shared']);
  use.apply({ type: 'node', node: aNode({ nodeId: 'n2', laneIds: ['e'] }) });
  use.apply({ type: 'node', node: aNode() });
  expect(states(use)).toEqual(['idle', 'idle', 'idle', 'shared', 'idle']);
  expect(use.ranges).toEqual([
    { siteId: 'north', nodeId: 'n1', lanes: 4 },
    { siteId: 'north', nodeId: 'n2', lanes: 1 },
  ]);
  expect(use.ofPool()).toMatchObject({ shared: 1, idle: 4 });
});
