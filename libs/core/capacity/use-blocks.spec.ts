import { expect, it } from 'vitest';
import { USE_SERIES, type UseBlock, UseRecorder } from '#core/capacity/use-blocks';

const use = (own: number) => ({ own, lent: 0, shared: 0, flex: 0, idle: 8 - own });

/** Looks once a second. @param ownAt what `acme` uses of its own units then; undefined: it is not there */
function recorded(seconds: number, ownAt: (second: number) => number | undefined): UseBlock[] {
  const recorder = new UseRecorder();
  return Array.from({ length: seconds }, (_, second) => {
    const own = ownAt(second);
    return recorder.note(second * 1_000, new Map([[null, use(own ?? 0)], ...(own === undefined ? [] : [['acme', use(own)] as const])]));
  }).flat();
}

it('writes each series in blocks, each point the mean of its step', () => {
  const blocks = recorded(3_601, (second) => second % 2).filter(({ tenantId }) => tenantId === 'acme');
  const ofStep = (stepS: number) => blocks.filter((block) => block.stepS === stepS);
  expect(USE_SERIES.map(({ stepS }) => ofStep(stepS).length)).toEqual([360, 60, 6, 1]);
  expect(ofStep(1)[0]?.columns.own).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  for (const stepS of [10, 60, 3_600]) expect(new Set(ofStep(stepS).flatMap(({ columns }) => columns.own))).toEqual(new Set([0.5]));
  expect(ofStep(60)[1]?.startsAtMs).toBe(600_000);
});

it('counts a tenant that comes late as nothing before, and leaves a gap where nobody looked', () => {
  const late = recorded(11, (second) => (second < 5 ? undefined : 4)).find(({ tenantId, stepS }) => tenantId === 'acme' && stepS === 1);
  expect(late?.columns.own).toEqual([0, 0, 0, 0, 0, 4, 4, 4, 4, 4]);
  const recorder = new UseRecorder();
  recorder.note(0, new Map([[null, use(1)]]));
  recorder.note(9_000, new Map([[null, use(1)]]));
  expect(recorder.note(10_000, new Map())[0]?.columns.own).toEqual([1, ...Array(8).fill(Number.NaN), 1]);
});
