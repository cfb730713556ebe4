import { describe, expect, it } from 'vitest';
import { expectFinish, type WaitingWork } from '#core/scheduling/expect-finish';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import { StartCalibration } from '#core/scheduling/start-calibration';
import { aGeneration } from '#core/scheduling/testing/waiting';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

const NOW = 1_000_000;
const RUN_MS = 10_000;
const anImage: WaitingGeneration = { ...aGeneration, tenantId: 'agency', model: 'photon-1', outputKey: '1080p', burnLaneMs: RUN_MS };
const work = (rows: number, more: Partial<WaitingWork> = {}): WaitingWork => ({
  tenantId: 'agency',
  tier: 'flex',
  priority: -50,
  kinds: [{ model: 'photon-1', outputKey: '1080p', gangLanes: 1, rows, burnLaneMs: rows * RUN_MS }],
  ...more,
});

function aPool(lanes: number): SchedulingIndex {
  const index = new SchedulingIndex();
  const laneIds = Array.from({ length: lanes }, (_, lane) => String(lane));
  const node = { nodeId: 'n', siteId: 's', region: 'eu', jurisdiction: 'de', laneIds, residentModels: [], isUsable: true };
  index.apply({ type: 'node', node });
  return index;
}

const finish = (index: SchedulingIndex, asked: WaitingWork) => expectFinish(index, new StartCalibration(), asked, NOW);

describe('the end of a batch', () => {
  it('is its work over the lanes of the pool, and one run', () => {
    const four = finish(aPool(4), work(41));
    expect(four?.finishP50).toBeCloseTo(NOW + (40 * RUN_MS) / 4 + RUN_MS, -2);
    expect(four?.finishP90).toBeGreaterThanOrEqual(four?.finishP50 as number);
  });

  it('comes later with more rows, and earlier with more lanes', () => {
    const end = (lanes: number, rows: number) => finish(aPool(lanes), work(rows))?.finishP50 as number;
    expect(end(4, 80)).toBeGreaterThan(end(4, 40));
    expect(end(8, 40)).toBeLessThan(end(4, 40));
  });

  it('is that of one run when one row is left', () => {
    expect(finish(aPool(1), work(1))).toMatchObject({ finishP50: NOW + RUN_MS });
  });

  it('waits for what its tenant lets go first, and not for what it goes before', () => {
    const endBehind = (priority: number) => {
      const index = aPool(1);
      index.apply({ type: 'queued', generation: { ...anImage, priority } });
      return finish(index, work(1))?.finishP50 as number;
    };
    expect(endBehind(0) - endBehind(-100)).toBe(RUN_MS);
  });

  it('is unknown where there is no lane, or no unit for work that needs its own', () => {
    expect(finish(aPool(0), work(1))).toBeUndefined();
    expect(finish(aPool(4), work(1, { tier: 'dedicated' }))).toBeUndefined();
  });
});
