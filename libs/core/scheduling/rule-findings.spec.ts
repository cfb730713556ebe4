import { describe, expect, it } from 'vitest';
import { findRules, RULES, type RuleFinding } from '#core/scheduling/rule-findings';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import { aGeneration } from '#core/scheduling/testing/waiting';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

const NOW = 1_000;

describe('rule by rule', () => {
  it('asks every rule, in the order in which a generation meets them', () => {
    expect(found({}).map(({ rule }) => rule)).toEqual(RULES);
  });

  it.each<{ name: string; waits: Partial<WaitingGeneration>; rule: RuleFinding['rule']; figures: Record<string, number> }>([
    {
      name: 'a gang that no node can hold',
      waits: { gangLanes: 5 },
      rule: 'placement',
      figures: { wantedLanes: 5, nodes: 1, possibleNodes: 0 },
    },
    { name: 'a region without a node', waits: { placement: { regions: ['us'] } }, rule: 'placement', figures: { possibleNodes: 0 } },
    { name: 'what comes after its tenant’s own', waits: { priority: -1 }, rule: 'own_order', figures: { priority: -1, aheadInTenant: 1 } },
    { name: 'more than its units', waits: { tier: 'dedicated', gangLanes: 2 }, rule: 'guarantee', figures: { units: 1, unitsInUse: 0 } },
    {
      name: 'no units for what may use nothing else',
      waits: { tenantId: 'none', tier: 'dedicated' },
      rule: 'guarantee',
      figures: { units: 0 },
    },
    { name: 'no lane that is free', waits: {}, rule: 'free_lane', figures: { wantedLanes: 1, freeLanes: 0, lanes: 2 } },
  ])('lets $name wait by $rule', ({ waits, rule, figures }) => {
    const finding = found(waits).find((one) => one.rule === rule);
    expect(finding?.verdict).toBe('waits');
    expect(Object.fromEntries(finding?.figures.map(({ figure, value }) => [figure, value]) ?? [])).toMatchObject(figures);
  });

  it('lets what has room on its units pass to a lane that is taken back', () => {
    const byRule = Object.fromEntries(found({ tier: 'dedicated' }).map(({ rule, verdict }) => [rule, verdict]));
    expect(byRule).toMatchObject({ guarantee: 'passes', own_idle_units: 'not_concerned', turn: 'not_concerned', free_lane: 'waits' });
  });

  it('holds a recalled generation back from the lanes that its owner may want, while it lasts', () => {
    const index = aPool();
    index.apply({ type: 'units', tenantId: 'owner', units: 2 });
    index.apply({ type: 'queued', generation: { ...aGeneration, tenantId: 'other', heldBack: { ownerId: 'owner', untilMs: NOW + 1 } } });
    const heldBack = (now: number) => findRules(index, 'a', false, now).find(({ rule }) => rule === 'held_back')?.verdict;
    expect([heldBack(NOW), heldBack(NOW + 1)]).toEqual(['waits', 'not_concerned']);
  });

  it('knows of a pause, and only the order of what is no head yet', () => {
    expect(findRules(aPool(), 'far behind', true, NOW)).toEqual([
      { rule: 'pauses', verdict: 'waits', figures: [] },
      { rule: 'own_order', verdict: 'waits', figures: [] },
    ]);
  });
});

/** Of a tenant with one unit and one more generation in its queue, while another tenant holds both lanes. */
function found(waits: Partial<WaitingGeneration>): RuleFinding[] {
  const index = aPool();
  const { tier = 'shared' } = waits;
  index.apply({ type: 'queued', generation: { ...aGeneration, tenantId: 'owner', ...waits } });
  if (waits.priority) index.apply({ type: 'queued', generation: { ...aGeneration, tenantId: 'owner', generationId: 'first', tier } });
  index.apply({
    type: 'leased',
    lease: {
      ...aGeneration,
      tenantId: 'other',
      generationId: 'runs',
      fence: '1',
      estimatedMs: 10_000,
      nodeId: 'n',
      laneIds: ['0', '1'],
      servedFrom: 'lent',
      startedAt: 0,
    },
  });
  return findRules(index, 'a', false, NOW);
}

function aPool(): SchedulingIndex {
  const index = new SchedulingIndex();
  const site = { siteId: 's', region: 'eu', jurisdiction: 'de' };
  index.apply({ type: 'node', node: { ...site, nodeId: 'n', laneIds: ['0', '1'], residentModels: [], isUsable: true } });
  index.apply({ type: 'units', tenantId: 'owner', units: 1 });
  return index;
}
