import { describe, expect, it } from 'vitest';
import type { NodeFacts } from '#core/scheduling/changes';
import { explain } from '#core/scheduling/explain';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import { StartCalibration } from '#core/scheduling/start-calibration';
import { aGeneration } from '#core/scheduling/testing/waiting';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

const NOW = 1_000;

describe('explain', () => {
  it.each<{ waits: Partial<WaitingGeneration>; reason: string }>([
    { waits: {}, reason: 'no_free_lane' },
    { waits: { gangLanes: 5 }, reason: 'no_node_with_n_lanes' },
    { waits: { placement: { regions: ['us'] } }, reason: 'no_node_with_n_lanes' },
    { waits: { tenantId: 'owner', tier: 'dedicated', gangLanes: 2 }, reason: 'more_lanes_than_units' },
    { waits: { tenantId: 'owner', tier: 'dedicated' }, reason: 'lane_on_its_way' },
    { waits: { tenantId: 'none', tier: 'dedicated' }, reason: 'more_lanes_than_units' },
    { waits: { heldBack: { ownerId: 'owner', untilMs: NOW + 1 } }, reason: 'held_back' },
  ])('$waits waits because of $reason', ({ waits, reason }) => {
    const index = aPool();
    index.apply({ type: 'queued', generation: { ...ofAnother, ...waits } });
    expect(explain(index, new StartCalibration(), 'a', NOW)?.reason).toBe(reason);
  });

  it('gives later work a later place and a later start', () => {
    const index = aPool();
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const [at, generationId] of ids.entries())
      index.apply({ type: 'queued', generation: { ...ofAnother, generationId, createdAt: at } });
    const told = ids.map((id) => explain(index, new StartCalibration(), id, NOW));
    expect(told.map((each) => each?.position)).toEqual([1, 2, 3, 4, 5]);
    for (const [at, each] of told.entries()) {
      expect(each?.startP90).toBeGreaterThanOrEqual(each?.startP50 as number);
      if (at > 0) expect(each?.startP50).toBeGreaterThan(told[at - 1]?.startP50 as number);
    }
  });

  it('knows nothing of what does not wait', () => {
    expect(explain(aPool(), new StartCalibration(), 'gone', NOW)).toBeUndefined();
  });
});

describe('calibration', () => {
  it('learns how late starts really are', () => {
    const calibration = new StartCalibration();
    const nextTurn = { turnsAway: 1, isOnUnits: false };
    for (let at = 0; at < 400; at += 1) {
      const given = { ...calibration.interval(10_000, nextTurn), expectedMs: 10_000, ...nextTurn };
      const waitedMs = 20_000 + (at % 10) * 1_000;
      if (waitedMs > given.p50Ms) calibration.missed(given, 'p50');
      if (waitedMs > given.p90Ms) calibration.missed(given, 'p90');
      calibration.started(given, waitedMs);
    }
    const { p50Ms, p90Ms } = calibration.interval(10_000, nextTurn);
    expect(p50Ms).toBeGreaterThan(20_000);
    expect(p50Ms).toBeLessThan(p90Ms);
    expect(p90Ms).toBeLessThan(60_000);

    const ofUnits = calibration.interval(10_000, { turnsAway: 1, isOnUnits: true });
    expect(ofUnits.p50Ms).toBeLessThan(p50Ms); // own units are late in a way of their own
  });
});

const ofAnother: WaitingGeneration = { ...aGeneration, tenantId: 'other' };

function aPool(): SchedulingIndex {
  const index = new SchedulingIndex();
  const node: NodeFacts = {
    nodeId: 'n',
    siteId: 's',
    region: 'eu',
    jurisdiction: 'de',
    laneIds: ['0', '1'],
    residentModels: [],
    isUsable: true,
  };
  index.apply({ type: 'node', node });
  index.apply({ type: 'units', tenantId: 'owner', units: 1 });
  return index;
}
