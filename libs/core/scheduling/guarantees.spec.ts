import { describe, expect, it } from 'vitest';
import { MAX_TIMES_PASSED } from '#core/scheduling/limits';
import { aPool } from '#core/scheduling/testing/test-pool';

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
