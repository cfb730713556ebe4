import { expect, it } from 'vitest';
import { WAIT_BOUNDS_S, WAIT_BUCKETS, waitBucketOf } from '#core/scheduling/wait-buckets';
import { waitGrid } from '#web/admin/queue/wait-grid';

const step = (...waitsMs: number[]) => {
  const buckets = new Array<number>(WAIT_BUCKETS).fill(0);
  for (const waitMs of waitsMs) buckets[waitBucketOf(waitMs)] = (buckets[waitBucketOf(waitMs)] ?? 0) + 1;
  return buckets;
};

it('puts each wait into one row, and loses none', () => {
  const { rows, most } = waitGrid(WAIT_BOUNDS_S, [step(80, 900, 2_000), step(1_000, 59_000, 10 * 86_400_000), step()]);
  expect(rows.find(({ fromS }) => fromS === 0)?.counts).toEqual([2, 1, 0]);
  expect(rows.find(({ fromS }) => fromS === 30)?.counts).toEqual([0, 1, 0]);
  expect(rows.at(-1)).toMatchObject({ toS: null, counts: [0, 1, 0] });
  expect(rows.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0)).toBe(6);
  expect(most).toBe(2);
});
