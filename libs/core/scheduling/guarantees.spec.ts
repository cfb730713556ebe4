import { describe, expect, it } from 'vitest';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { Change, NodeFacts } from '#core/scheduling/changes';
import { FLEX_COUNTS_AS_SHARED_AFTER_MS, MAX_TIMES_PASSED, NOT_LENT_AGAIN_MS } from '#core/scheduling/limits';
import { type Admission, type Plan, plan, type Recall } from '#core/scheduling/plan';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

describe('rule 1: guarantees', () => {
  it('the owner of a unit goes before everyone who waited longer', () => {
    const halo = aPool({ lanes: 1, units: { owner: 1 } });
    halo.queue('other', 'shared');
    const own = halo.queue('owner', 'dedicated');
    expect(halo.turn().admit).toMatchObject([{ generationId: own, servedFrom: 'own' }]);
  });

  it('recalls the youngest borrower at once, once, and starts when its lane is free', () => {
    const halo = aPool({ lanes: 2, units: { owner: 1 } });
    halo.queue('other', 'shared');
    halo.turn();
    halo.now = 1_000;
    const younger = halo.queue('other', 'shared');
    halo.turn();
    const own = halo.queue('owner', 'spillover');
    expect(halo.plan().recall).toMatchObject([{ generationId: younger, ownerId: 'owner' }]);
    halo.end(younger);
    expect(halo.plan()).toEqual({ admit: [], recall: [] }); // its lane is dying: one plan at a time, no second recall
    halo.free(younger);
    expect(halo.turn().admit).toMatchObject([{ generationId: own, servedFrom: 'own' }]);
  });

  it('recalls that end at different times do not thrash: each head takes the lane that comes first', () => {
    const halo = aPool({ lanes: 3, units: { owner: 2 } });
    const borrowers = [halo.queue('other', 'shared'), halo.queue('other', 'shared'), halo.queue('other', 'shared')];
    halo.turn();
    const [first, second] = [halo.queue('owner', 'dedicated'), halo.queue('owner', 'dedicated')];
    const recalled = halo.plan().recall.map(({ generationId }) => generationId);
    expect(recalled).toEqual([borrowers[2], borrowers[1]]);
    for (const each of recalled) halo.end(each);
    halo.free(recalled[1] as string);
    expect(halo.turn()).toMatchObject({ admit: [{ generationId: first }], recall: [] });
    expect(halo.plan()).toEqual({ admit: [], recall: [] });
    halo.free(recalled[0] as string);
    expect(halo.turn()).toMatchObject({ admit: [{ generationId: second }], recall: [] });
  });

  it('never recalls guaranteed work, its own or another’s', () => {
    const halo = aPool({ lanes: 2, units: { one: 1, two: 1 } });
    halo.queue('one', 'spillover');
    halo.queue('two', 'dedicated');
    halo.turn();
    halo.queue('one', 'dedicated');
    halo.queue('two', 'dedicated');
    expect(halo.plan()).toEqual({ admit: [], recall: [] });
  });

  it('moves what runs beyond the units onto them when they get free, so that it is not recalled later', () => {
    const halo = aPool({ lanes: 2, units: { owner: 1, other: 1 } });
    const [first, second] = [halo.queue('owner', 'spillover'), halo.queue('owner', 'spillover')];
    expect(halo.turn().admit.map(({ servedFrom }) => servedFrom)).toEqual(['own', 'lent']);
    halo.end(first);
    halo.free(first);
    halo.queue('other', 'shared');
    halo.turn();
    halo.queue('other', 'dedicated');
    expect(halo.plan().recall.map(({ generationId }) => generationId)).not.toContain(second);
  });

  it('recall stays possible while sharing is fair: even from the least served tenant', () => {
    const halo = aPool({ lanes: 2, units: { owner: 1 } });
    for (let at = 0; at < 8; at += 1) halo.queue('busy', 'shared');
    for (const { generationId } of halo.turn().admit) {
      halo.end(generationId);
      halo.free(generationId);
    }
    halo.turn();
    const [oldest] = halo.leased;
    halo.end(oldest as string);
    halo.free(oldest as string);
    halo.now = 10;
    const newcomer = halo.queue('newcomer', 'shared');
    for (let turns = 0; !halo.leased.has(newcomer); turns += 1) {
      halo.turn();
      if (halo.leased.has(newcomer)) break;
      const [ended] = halo.leased;
      halo.end(ended as string);
      halo.free(ended as string);
      halo.now += 10;
      expect(turns).toBeLessThan(20);
    }
    halo.queue('owner', 'dedicated');
    expect(halo.plan().recall.map(({ generationId }) => generationId)).toEqual([newcomer]);
  });

  it('gives the smallest part of a guarantee first when lanes are fewer than was sold', () => {
    const halo = aPool({ lanes: 2, units: { one: 2, two: 2 } });
    halo.queue('one', 'dedicated');
    halo.turn();
    halo.queue('one', 'dedicated');
    const behind = halo.queue('two', 'dedicated');
    expect(halo.turn().admit).toMatchObject([{ generationId: behind }]);
  });
});

describe('rule 3: lending', () => {
  it('the owner’s own other work first, then shared, then flex', () => {
    const halo = aPool({ lanes: 1, units: { owner: 1 } });
    const [flex, shared, ownFlex, ownShared] = [
      halo.queue('other', 'flex'),
      halo.queue('other', 'shared'),
      halo.queue('owner', 'flex'),
      halo.queue('owner', 'shared'),
    ];
    const order: string[] = [];
    for (let turns = 0; turns < 4; turns += 1) {
      const [admission] = halo.turn().admit;
      order.push(admission?.generationId as string);
      halo.end(order.at(-1) as string);
      halo.free(order.at(-1) as string);
    }
    expect(order).toEqual([ownShared, ownFlex, shared, flex]);
  });

  it('says whose lane it is: shared while nobody’s units are touched, else lent', () => {
    const halo = aPool({ lanes: 3, units: { owner: 2 } });
    for (let at = 0; at < 3; at += 1) halo.queue('other', 'shared');
    expect(halo.turn().admit.map(({ servedFrom }) => servedFrom)).toEqual(['shared', 'lent', 'lent']);
  });

  it('a dedicated head that waits for its units holds up no lending', () => {
    const halo = aPool({ lanes: 3, units: { owner: 1 } });
    halo.queue('owner', 'dedicated');
    halo.turn();
    halo.queue('owner', 'dedicated');
    const behind = halo.queue('owner', 'shared');
    const other = halo.queue('other', 'shared');
    expect(
      halo
        .turn()
        .admit.map(({ generationId }) => generationId)
        .sort(),
    ).toEqual([behind, other]);
  });

  it('takes its units back from an owner’s own other work', () => {
    const halo = aPool({ lanes: 1, units: { owner: 1 } });
    const other = halo.queue('owner', 'shared');
    halo.turn();
    halo.queue('owner', 'dedicated');
    expect(halo.plan().recall).toMatchObject([{ generationId: other, ownerId: 'owner' }]);
  });

  it('leaves an owner’s other work on its own units alone when a borrower can be recalled', () => {
    const halo = aPool({ lanes: 2, units: { one: 1, two: 1 } });
    const borrower = halo.queue('three', 'shared');
    halo.turn();
    halo.now = 100;
    halo.queue('two', 'shared');
    halo.turn();
    halo.queue('one', 'dedicated');
    expect(halo.plan().recall).toMatchObject([{ generationId: borrower }]);
  });

  it('flex counts as shared after 18 hours', () => {
    const halo = aPool({ lanes: 1, units: {} });
    const flex = halo.queue('flex', 'flex');
    halo.now = FLEX_COUNTS_AS_SHARED_AFTER_MS;
    halo.apply({ type: 'clock', now: halo.now });
    halo.queue('other', 'shared');
    expect(halo.turn().admit).toMatchObject([{ generationId: flex }]);
  });
});

describe('rule 2: who comes next', () => {
  it('is counted in lane time, not in jobs: of two with long and short runs both get as much of it', () => {
    const halo = aPool({ lanes: 1, units: {} });
    const ranMs = { long: 0, short: 0 };
    for (let at = 0; at < 400; at += 1) halo.queue('short', 'shared', { burnLaneMs: 100, outputKey: 'short' });
    for (let at = 0; at < 40; at += 1) halo.queue('long', 'shared', { burnLaneMs: 1_000, outputKey: 'long' });
    for (let turns = 0; turns < 200; turns += 1) {
      const [admission] = halo.turn().admit;
      const { tenantId, generationId } = admission as Admission;
      const runMs = tenantId === 'long' ? 1_000 : 100;
      ranMs[tenantId as 'long' | 'short'] += runMs;
      halo.end(generationId, runMs);
      halo.free(generationId);
    }
    expect(Math.abs(ranMs.long - ranMs.short)).toBeLessThanOrEqual(4_000);
  });

  it('what runs on own units costs its owner nothing of the shared lanes', () => {
    const halo = aPool({ lanes: 3, units: { owner: 2 } });
    for (let at = 0; at < 3; at += 1) halo.queue('owner', 'spillover');
    halo.queue('z', 'shared');
    expect(halo.turn().admit.map(({ tenantId, servedFrom }) => `${tenantId} ${servedFrom}`)).toEqual([
      'owner own',
      'owner own',
      'owner shared',
    ]);
  });
});

describe('rule 5: gangs', () => {
  it('recalls on the node where least work is lost', () => {
    const halo = aPool({ lanes: 4, nodes: 2, units: { owner: 2 } });
    const old = [halo.queue('other', 'shared'), halo.queue('other', 'shared')];
    halo.turn();
    halo.now = 60_000;
    const young = [halo.queue('other', 'shared'), halo.queue('other', 'shared')];
    halo.turn();
    const gang = halo.queue('owner', 'dedicated', { gangLanes: 2 });
    const { recall } = halo.plan();
    expect(recall.map(({ generationId }) => generationId).sort()).toEqual(young);
    expect(old).toHaveLength(2);
    for (const { generationId } of recall) {
      halo.end(generationId);
      halo.free(generationId);
    }
    expect(halo.turn().admit).toMatchObject([{ generationId: gang }]);
  });

  it('is not starved by smaller work of its own tenant, nor does that wait when lanes can be lent', () => {
    const halo = aPool({ lanes: 2, units: { owner: 2 } });
    const single = halo.queue('owner', 'dedicated');
    halo.turn();
    const gang = halo.queue('owner', 'dedicated', { gangLanes: 2 });
    halo.queue('owner', 'dedicated');
    const other = halo.queue('other', 'shared');
    expect(halo.turn().admit).toMatchObject([{ generationId: other, servedFrom: 'lent' }]); // held for the gang, but lent meanwhile
    halo.end(single);
    halo.free(single);
    expect(halo.plan().recall).toMatchObject([{ generationId: other }]);
    halo.end(other);
    halo.free(other);
    expect(halo.turn().admit).toMatchObject([{ generationId: gang }]);
  });

  it('is held the units that get free one by one, across turns, until it has all of them', () => {
    const halo = aPool({ lanes: 3, units: { owner: 3 } });
    const singles = [halo.queue('owner', 'dedicated'), halo.queue('owner', 'dedicated'), halo.queue('owner', 'dedicated')];
    halo.turn();
    const gang = halo.queue('owner', 'dedicated', { gangLanes: 3 });
    for (const single of singles) {
      expect(halo.leased.has(gang)).toBe(false);
      halo.queue('owner', 'dedicated'); // behind the gang: it takes none of what the gang waits for
      halo.end(single);
      halo.free(single);
      halo.turn();
    }
    expect([...halo.leased]).toEqual([gang]);
  });

  it('larger than its node or its units holds nobody up', () => {
    const halo = aPool({ lanes: 2, units: { owner: 1 } });
    halo.queue('owner', 'dedicated', { gangLanes: 2 });
    halo.queue('other', 'shared', { gangLanes: 3 });
    const [own, other] = [halo.queue('owner', 'dedicated'), halo.queue('other', 'shared')];
    expect(halo.turn().admit.map(({ generationId }) => generationId)).toEqual([own, other]);
  });
});

describe('rule 6: residency', () => {
  it('lets a tenant whose model is loaded pass, but not for ever', () => {
    const halo = aPool({ lanes: 1, units: {}, residentModels: ['loaded'] });
    const cold = halo.queue('cold', 'shared', { model: 'cold' });
    let passed = 0;
    for (let at = 0; !halo.leased.has(cold); at += 1) {
      halo.queue(`warm-${at}`, 'shared', { model: 'loaded' });
      const [admission] = halo.turn().admit;
      if (admission?.generationId === cold) break;
      passed += 1;
      halo.end(admission?.generationId as string, 1_000);
      halo.free(admission?.generationId as string);
      expect(passed).toBeLessThanOrEqual(MAX_TIMES_PASSED);
    }
    expect(passed).toBeGreaterThan(0);
  });
});

describe('rule 7: a recalled generation', () => {
  it('is not lent the same owner’s lane again for a while, and others may be', () => {
    const halo = aPool({ lanes: 1, units: { owner: 1 } });
    const recalled = halo.queue('other', 'shared', { heldBack: { ownerId: 'owner', untilMs: NOT_LENT_AGAIN_MS } });
    expect(halo.plan()).toEqual({ admit: [], recall: [] });
    const next = halo.queue('third', 'shared');
    expect(halo.turn().admit).toMatchObject([{ generationId: next }]);
    halo.end(next);
    halo.free(next);
    halo.now = NOT_LENT_AGAIN_MS;
    expect(halo.turn().admit).toMatchObject([{ generationId: recalled }]);
  });

  it('may run at once where that owner’s units are not touched', () => {
    const halo = aPool({ lanes: 2, units: { owner: 1 } });
    const recalled = halo.queue('other', 'shared', { heldBack: { ownerId: 'owner', untilMs: NOT_LENT_AGAIN_MS } });
    expect(halo.turn().admit).toMatchObject([{ generationId: recalled, servedFrom: 'shared' }]);
  });
});

describe('fair-share moves', () => {
  it('recall nothing: a borrower runs until its owner wants the lane or it ends, however much it has had', () => {
    const halo = aPool({ lanes: 2, units: {} });
    const running = [halo.queue('greedy', 'shared', { burnLaneMs: 3_600_000 }), halo.queue('greedy', 'shared', { burnLaneMs: 3_600_000 })];
    halo.turn();
    const waiting = halo.queue('never-served', 'shared');
    halo.queue('greedy', 'shared');
    for (halo.now = 0; halo.now <= 3_600_000; halo.now += 600_000) expect(halo.turn()).toEqual({ admit: [], recall: [] });
    halo.end(running[0] as string, 3_600_000);
    halo.free(running[0] as string);
    expect(halo.turn().admit).toMatchObject([{ generationId: waiting }]);
  });

  it('an owner’s recall wins over a run that has only just begun', () => {
    const halo = aPool({ lanes: 1, units: { owner: 1 } });
    const borrower = halo.queue('other', 'shared');
    halo.turn();
    halo.queue('owner', 'dedicated');
    expect(halo.plan().recall).toMatchObject([{ generationId: borrower, ownerId: 'owner' }]);
  });
});

describe('heads', () => {
  it('a long queue of flex hides no dedicated work', () => {
    const halo = aPool({ lanes: 1, units: { owner: 1 } });
    for (let at = 0; at < 3_000; at += 1) halo.queue('owner', 'flex');
    const own = halo.queue('owner', 'dedicated');
    expect(halo.turn().admit).toMatchObject([{ generationId: own }]);
  });
});

/** A pool whose plans a test carries out step by step. */
class TestPool {
  readonly index = new SchedulingIndex();
  readonly leased = new Set<string>();
  now = 0;
  private serial = 0;

  apply(change: Change): void {
    this.index.apply(change);
  }

  queue(tenantId: string, tier: ServiceTier, more: Partial<WaitingGeneration> = {}): string {
    const generationId = String(this.serial).padStart(8, '0');
    this.serial += 1;
    this.apply({
      type: 'queued',
      generation: { ...aGeneration, tenantId, tier, generationId, createdAt: this.now, queuedAt: this.now, ...more },
    });
    return generationId;
  }

  plan(): Plan {
    this.apply({ type: 'clock', now: this.now });
    return plan(this.index, this.now);
  }

  /** Commits the admissions, not the recalls. */
  turn(): { admit: Admission[]; recall: Recall[] } {
    const planned = this.plan();
    for (const admission of planned.admit) {
      const generation = this.index.waitingGeneration(admission.generationId) as WaitingGeneration;
      this.apply({ type: 'leased', lease: { ...generation, ...admission, fence: '1', startedAt: this.now } });
      this.leased.add(admission.generationId);
    }
    return planned;
  }

  end(generationId: string, ranMs = 0): void {
    this.leased.delete(generationId);
    this.apply({ type: 'ended', lease: { tenantId: '', generationId, fence: '1' }, ranMs, wasWhole: ranMs > 0 });
  }

  free(generationId: string): void {
    this.apply({ type: 'freed', lease: { tenantId: '', generationId, fence: '1' } });
  }
}

const aGeneration: WaitingGeneration = {
  tenantId: 'a',
  generationId: '',
  tier: 'shared',
  model: 'ray-2',
  outputKey: '540p',
  burnLaneMs: 1_000,
  gangLanes: 1,
  priority: 0,
  startBy: null,
  completeBy: null,
  createdAt: 0,
  queuedAt: 0,
  traceparent: null,
  placement: {},
};

interface PoolOptions {
  lanes: number;
  nodes?: number;
  units: Record<string, number>;
  residentModels?: string[];
}

function aPool({ lanes, nodes = 1, units, residentModels = [] }: PoolOptions): TestPool {
  const halo = new TestPool();
  for (let at = 0; at < nodes; at += 1) {
    const laneIds = Array.from({ length: lanes / nodes }, (_, lane) => `n${at}/${lane}`);
    const node: NodeFacts = { nodeId: `n${at}`, siteId: 's', region: 'eu', jurisdiction: 'de', laneIds, residentModels, isUsable: true };
    halo.apply({ type: 'node', node });
  }
  for (const [tenantId, each] of Object.entries(units)) halo.apply({ type: 'units', tenantId, units: each });
  return halo;
}
