import { describe, expect, it } from 'vitest';
import { FLEX_COUNTS_AS_SHARED_AFTER_MS, NOT_LENT_AGAIN_MS } from '#core/scheduling/limits';
import type { Admission } from '#core/scheduling/plan';
import { aPool } from '#core/scheduling/testing/test-pool';

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
