import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, NodeFacts } from '#core/scheduling/changes';
import { RUNS_PER_TURN } from '#core/scheduling/limits';
import { type Admission, plan } from '#core/scheduling/plan';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import { aGeneration } from '#core/scheduling/testing/waiting';
import type { PlacementRule, WaitingGeneration } from '#core/scheduling/waiting-generation';

const seed = Number(process.env.HALOGEN_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.info(`plan.spec seed ${seed}`);

describe('placement', () => {
  it('prefers a node where the model is resident', () => {
    const index = indexOf(aNode('cold', 4), { ...aNode('warm', 1), residentModels: ['ray-2'] }, aWaiting('a', 1), aWaiting('a', 2));
    expect(plan(index, 0).admit.map(({ nodeId }) => nodeId)).toEqual(['warm', 'cold']);
  });

  it.each<{ placement: PlacementRule; admitted: string[] }>([
    { placement: {}, admitted: ['n1'] },
    { placement: { regions: ['eu'] }, admitted: ['n1'] },
    { placement: { jurisdictions: ['us'] }, admitted: [] },
    { placement: { siteIds: ['elsewhere'] }, admitted: [] },
  ])('$placement is a hard constraint', ({ placement, admitted }) => {
    const index = indexOf(aNode('n1', 1), { ...aWaiting('a', 1), placement });
    expect(plan(index, 0).admit.map(({ nodeId }) => nodeId)).toEqual(admitted);
  });

  it.each([
    { mayTrain: false, admitted: ['own'] },
    { mayTrain: true, admitted: ['own', 'vendor'] },
  ])('goes where inputs are trained on only if it may: $mayTrain', ({ mayTrain, admitted }) => {
    const index = indexOf(
      { ...aNode('vendor', 1), trainsOnInputs: true },
      aNode('own', 1),
      { ...aWaiting('a', 1), placement: { mayTrain } },
      { ...aWaiting('a', 2), placement: { mayTrain } },
    );
    expect(
      plan(index, 0)
        .admit.map(({ nodeId }) => nodeId)
        .sort(),
    ).toEqual(admitted);
  });

  it('gives a gang lanes of one node, and lets others pass a gang that does not fit', () => {
    const index = indexOf(
      aNode('n1', 2),
      aNode('n2', 3),
      { ...aWaiting('a', 1), gangLanes: 4 },
      { ...aWaiting('b', 2), gangLanes: 3 },
      aWaiting('a', 3),
    );
    expect(plan(index, 0).admit.map(({ generationId, nodeId, laneIds }) => [generationId, nodeId, laneIds.length])).toEqual([
      [idOf(3), 'n1', 1],
      [idOf(2), 'n2', 3],
    ]);
  });

  it('uses no lane of a node that is not usable', () => {
    expect(plan(indexOf({ ...aNode('n1', 2), isUsable: false }, aWaiting('a', 1)), 0).admit).toEqual([]);
  });
});

describe('order', () => {
  it('inside a tenant: priority, then deadline, then age', () => {
    const index = indexOf(
      aNode('n1', 4),
      aWaiting('a', 1),
      { ...aWaiting('a', 2), startBy: 9_000 },
      { ...aWaiting('a', 3), completeBy: 9_000 }, // must start 1 s earlier: its estimate
      { ...aWaiting('a', 4), priority: 1 },
    );
    expect(plan(index, 0).admit.map(({ generationId }) => generationId)).toEqual([4, 3, 2, 1].map(idOf));
  });

  it('a tenant that comes back has earned nothing by its absence', () => {
    const index = indexOf(aNode('n1', 1));
    for (let at = 0; at < 40; at += 1) index.apply({ type: 'queued', generation: aWaiting('busy', at) });
    for (let at = 0; at < 20; at += 1) runOne(index);
    for (let at = 0; at < 10; at += 1) index.apply({ type: 'queued', generation: aWaiting('new', 100 + at) });
    const order = Array.from({ length: 2 * RUNS_PER_TURN }, () => runOne(index)?.tenantId);
    const ofNew = order.filter((tenantId) => tenantId === 'new').length;
    expect(ofNew).toBeGreaterThan(0);
    expect(ofNew).toBeLessThanOrEqual(RUNS_PER_TURN);
  });

  it('counts running work: who holds no lane goes before who holds many', () => {
    const index = indexOf(aNode('n1', 4));
    for (let at = 0; at < 10; at += 1) index.apply({ type: 'queued', generation: aWaiting('a', at) });
    const { admit } = plan(index, 0);
    for (const admission of admit) commit(index, admission);
    index.apply({ type: 'queued', generation: aWaiting('z', 20) });
    endAndFree(index, admit[0] as Admission);
    expect(plan(index, 0).admit.map(({ tenantId }) => tenantId)).toEqual(['z']);
  });

  it('a stream of newcomers does not starve who has run much', () => {
    const index = indexOf(aNode('n1', 8));
    for (let at = 0; at < 40; at += 1) index.apply({ type: 'queued', generation: aWaiting('busy', at) });
    let running = plan(index, 0).admit;
    for (const admission of running) commit(index, admission);
    let busyAgain = 0;
    for (let round = 0; round < 200; round += 1) {
      const [first, ...rest] = running;
      index.apply({ type: 'queued', generation: aWaiting(`new-${round}`, 100 + round) });
      endAndFree(index, first as Admission);
      const { admit } = plan(index, 0);
      for (const admission of admit) commit(index, admission);
      busyAgain += admit.filter(({ tenantId }) => tenantId === 'busy').length;
      running = [...rest, ...admit];
    }
    expect(busyAgain).toBeGreaterThan(0);
  });
});

describe('estimates', () => {
  it('start at the rate card and follow whole runs', () => {
    const index = indexOf(aNode('n1', 1));
    const estimate = () => index.estimateMs(aWaiting('a', 99));
    expect(estimate()).toBe(1_000);
    for (let at = 0; at < 200; at += 1) {
      index.apply({ type: 'queued', generation: aWaiting('a', at) });
      runOne(index, 3_000);
    }
    expect(estimate()).toBeGreaterThan(2_900);
    expect(estimate()).toBeLessThanOrEqual(3_000);
  });
});

describe('heads', () => {
  it('holds a bounded part of a queue and asks for more when it runs low', () => {
    const index = indexOf(aNode('n1', 2_000));
    for (let at = 0; at < 5_000; at += 1) index.apply({ type: 'queued', generation: aWaiting('a', at) });
    expect(index.waitingGeneration(idOf(0))).toBeDefined();
    expect(index.waitingGeneration(idOf(4_999))).toBeUndefined();
    expect(index.queuesToRefill()).toEqual([]);
    let admitted = 0;
    while (index.queuesToRefill().length === 0) {
      for (const admission of plan(index, 0).admit) {
        commit(index, admission);
        admitted += 1;
      }
    }
    const [wanted] = index.queuesToRefill();
    expect(wanted?.tenantId).toBe('a');
    const next = Array.from({ length: 64 }, (_, at) => aWaiting('a', admitted + at));
    index.apply({ type: 'heads', tenantId: 'a', tier: 'shared', generations: next, hasMore: false });
    expect(index.queuesToRefill()).toEqual([]);
    expect(plan(index, 0).admit.map(({ generationId }) => generationId)).toEqual(next.map(({ generationId }) => generationId));
  });
});

it('starts what is due first, however much older work waits in the database', () => {
  const index = indexOf(aNode('n1', 1));
  for (let at = 0; at < 5_000; at += 1) index.apply({ type: 'queued', generation: aWaiting('a', at) });
  index.apply({ type: 'queued', generation: { ...aWaiting('a', 5_000), completeBy: 9_000_000 } });
  expect(plan(index, 0).admit.map(({ generationId }) => generationId)).toEqual([idOf(5_000)]);
});

describe('always', () => {
  it('no lane twice, none beyond its node, none idle while something fits, and the same again', () => {
    fc.assert(
      fc.property(histories(), ({ nodes, steps }) => {
        const index = indexOf(...nodes);
        const replayed = indexOf(...nodes);
        const running = new Map<string, Admission>();
        const waiting = new Map<string, WaitingGeneration>();
        let serial = 0;
        const applyBoth = (change: Change) => {
          index.apply(change);
          replayed.apply(change);
        };
        for (const step of steps) {
          if (step.does === 'queue') {
            const generation = {
              ...aWaiting(`t${step.tenant}`, serial++),
              gangLanes: step.lanes,
              burnLaneMs: step.burn,
              model: step.model,
            };
            waiting.set(generation.generationId, generation);
            applyBoth({ type: 'queued', generation });
          } else if (step.does === 'end' && running.size > 0) {
            const admission = [...running.values()][step.which % running.size] as Admission;
            running.delete(admission.generationId);
            for (const target of [index, replayed]) endAndFree(target, admission, step.burn);
          } else if (step.does === 'cancel' && waiting.size > 0) {
            const generationId = [...waiting.keys()][step.which % waiting.size] as string;
            waiting.delete(generationId);
            applyBoth({ type: 'left', generationId });
          }
          const planned = plan(index, 0);
          expect(plan(index, 0)).toEqual(planned); // planning changes nothing
          expect(plan(replayed, 0)).toEqual(planned);
          for (const admission of planned.admit) {
            running.set(admission.generationId, admission);
            waiting.delete(admission.generationId);
            for (const target of [index, replayed]) commit(target, admission);
          }
          const held = [...running.values()].flatMap(({ laneIds }) => laneIds);
          expect(new Set(held).size).toBe(held.length);
          const freeByNode = nodes.map(({ laneIds }) => laneIds.filter((laneId) => !held.includes(laneId)).length);
          for (const { nodeId, laneIds } of running.values()) {
            expect(nodes.find((node) => node.nodeId === nodeId)?.laneIds).toEqual(expect.arrayContaining([...laneIds]));
          }
          for (const { gangLanes } of waiting.values()) expect(Math.max(...freeByNode)).toBeLessThan(gangLanes);
        }
      }),
      { seed, numRuns: 150 },
    );
  });

  it('tenants that wait all the time get lane time by weight, to within one turn and generation each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ weight: fc.integer({ min: 1, max: 5 }), burn: fc.integer({ min: 100, max: 5_000 }) }), {
          minLength: 2,
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 6 }),
        (tenants, lanes) => {
          const index = indexOf(aNode('n1', lanes));
          const hadShare = tenants.map(() => 0);
          let serial = 0;
          const queueOne = (at: number) =>
            index.apply({
              type: 'queued',
              generation: { ...aWaiting(`t${at}`, serial++), burnLaneMs: tenants[at]?.burn as number, outputKey: `o${at}` },
            });
          for (const [at, { weight }] of tenants.entries()) {
            index.apply({ type: 'weight', tenantId: `t${at}`, weight });
            for (let ahead = 0; ahead < lanes + 1; ahead += 1) queueOne(at);
          }
          const running: { endsAt: number; admission: Admission }[] = [];
          let now = 0;
          let longestTurn = 0;
          for (let step = 0; step < 400; step += 1) {
            for (const admission of plan(index, now).admit) {
              const at = Number(admission.tenantId.slice(1));
              commit(index, admission);
              queueOne(at);
              hadShare[at] = (hadShare[at] ?? 0) + admission.estimatedMs / (tenants[at]?.weight ?? 1);
              running.push({ endsAt: now + admission.estimatedMs, admission });
            }
            running.sort((one, other) => one.endsAt - other.endsAt);
            const ended = running.shift();
            if (!ended) break;
            now = ended.endsAt;
            endAndFree(index, ended.admission, ended.admission.estimatedMs);
            longestTurn = Math.max(longestTurn, index.turnShare);
          }
          const largestStep = Math.max(...tenants.map(({ weight, burn }) => burn / weight));
          expect(Math.max(...hadShare) - Math.min(...hadShare)).toBeLessThanOrEqual(longestTurn + largestStep + 1e-6);
        },
      ),
      { seed, numRuns: 100 },
    );
  });

  it('reads no more entries of a long queue than of a short one', () => {
    const readsWith = (tenants: number, each: number) => {
      const index = indexOf(aNode('n1', 50));
      for (let at = 0; at < tenants * each; at += 1) index.apply({ type: 'queued', generation: aWaiting(`t${at % tenants}`, at) });
      let reads = 0;
      const counting = new Proxy(index, {
        get: (target, name) => {
          const value = Reflect.get(target, name);
          if (name !== 'estimateMs') return value;
          return (generation: WaitingGeneration) => {
            reads += 1;
            return target.estimateMs(generation);
          };
        },
      });
      const comparisons = countComparisons(index, () => expect(plan(counting, 0).admit).toHaveLength(50));
      return { reads, comparisons };
    };
    const short = readsWith(100, 1);
    const long = readsWith(100, 500);
    const wide = readsWith(20_000, 2);
    expect(long.reads).toBe(short.reads);
    expect(wide.reads).toBe(short.reads);
    // The frontier of a heap grows with what was read, never with what is in it.
    expect(long.comparisons).toBeLessThanOrEqual(2 * short.comparisons);
    expect(wide.comparisons).toBeLessThanOrEqual(2 * short.comparisons);
  });
});

/** Counts how often planning asks for a tenant's virtual time: each comparison in the heap of tenants does. */
function countComparisons(index: SchedulingIndex, run: () => void): number {
  let asked = 0;
  for (const { tenants } of index.waitingByShape.values()) {
    for (const tenant of tenants.values()) {
      const { servedShare } = tenant;
      Object.defineProperty(tenant, 'servedShare', {
        get: () => {
          asked += 1;
          return servedShare;
        },
      });
    }
  }
  run();
  return asked;
}

function histories() {
  const step = fc.record({
    does: fc.constantFrom<('queue' | 'end' | 'cancel')[]>('queue', 'queue', 'end', 'cancel'),
    tenant: fc.integer({ min: 0, max: 4 }),
    lanes: fc.integer({ min: 1, max: 3 }),
    burn: fc.integer({ min: 1, max: 10_000 }),
    model: fc.constantFrom('ray-2', 'photon-1'),
    which: fc.nat(1_000),
  });
  const nodes = fc
    .array(fc.record({ lanes: fc.integer({ min: 1, max: 4 }), resident: fc.constantFrom<string[][]>([], ['ray-2'], ['photon-1']) }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((all) => all.map(({ lanes, resident }, at) => ({ ...aNode(`n${at}`, lanes), residentModels: resident })));
  return fc.record({ nodes, steps: fc.array(step, { maxLength: 60 }) });
}

function runOne(index: SchedulingIndex, ranMs = 1_000): Admission | undefined {
  const [admission] = plan(index, 0, 1).admit;
  if (!admission) return undefined;
  commit(index, admission);
  endAndFree(index, admission, ranMs);
  return admission;
}

function commit(index: SchedulingIndex, admission: Admission, now = 0): void {
  const generation = index.waitingGeneration(admission.generationId) as WaitingGeneration;
  index.apply({ type: 'leased', lease: { ...generation, ...admission, fence: '1', startedAt: now } });
}

function endAndFree(index: SchedulingIndex, { tenantId, generationId }: Admission, ranMs = 1_000): void {
  const lease = { tenantId, generationId, fence: '1' };
  index.apply({ type: 'ended', lease, ranMs, wasWhole: true });
  index.apply({ type: 'freed', lease });
}

function indexOf(...facts: (NodeFacts | WaitingGeneration)[]): SchedulingIndex {
  const index = new SchedulingIndex();
  for (const fact of facts) index.apply('nodeId' in fact ? { type: 'node', node: fact } : { type: 'queued', generation: fact });
  return index;
}

function aNode(nodeId: string, lanes: number): NodeFacts {
  const laneIds = Array.from({ length: lanes }, (_, at) => `${nodeId}/${at}`);
  return { nodeId, siteId: 'site', region: 'eu', jurisdiction: 'de', laneIds, residentModels: [], isUsable: true };
}

function aWaiting(tenantId: string, serial: number): WaitingGeneration {
  return { ...aGeneration, tenantId, generationId: idOf(serial), burnLaneMs: 1_000, createdAt: serial, queuedAt: serial };
}

function idOf(serial: number): string {
  return `g${String(serial).padStart(8, '0')}`;
}
