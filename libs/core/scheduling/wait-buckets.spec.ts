import { expect, it } from 'vitest';
import { between, seededRandom } from '#core/generations/seeded-random';
import { addBuckets, WAIT_BUCKETS, waitBucketOf, waitPercentile } from '#core/scheduling/wait-buckets';

const seed = Number(process.env.HALOGEN_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.info(`wait-buckets.spec seed ${seed}`);

const bucketsOf = (waitsMs: readonly number[]) => {
  const buckets = new Array<number>(WAIT_BUCKETS).fill(0);
  for (const waitMs of waitsMs) addBuckets(buckets, Object.assign(new Array<number>(WAIT_BUCKETS).fill(0), { [waitBucketOf(waitMs)]: 1 }));
  return buckets;
};

it.each([
  { waitMs: 0, bucket: 0 },
  { waitMs: 100, bucket: 0 }, // a bound belongs to the bucket that ends with it
  { waitMs: 101, bucket: 1 },
  { waitMs: 10 * 86_400_000, bucket: WAIT_BUCKETS - 1 },
])('a wait of $waitMs ms is in bucket $bucket', ({ waitMs, bucket }) => expect(waitBucketOf(waitMs)).toBe(bucket));

it.each([50, 95, 99])('P%i is that of the waits themselves, to the width of a bucket', (pct) => {
  const random = seededRandom(seed);
  const waitsMs = Array.from({ length: 5_000 }, () => Math.exp(between(random, 5, 15)));
  const exactS = (waitsMs.toSorted((one, other) => one - other)[Math.ceil((pct / 100) * waitsMs.length) - 1] as number) / 1_000;
  const estimateS = waitPercentile(bucketsOf(waitsMs), pct) as number;
  expect(estimateS / exactS).toBeGreaterThan(0.6);
  expect(estimateS / exactS).toBeLessThan(1.7);
});

it('says nothing of no waits, and no more than the last bound of the longest', () => {
  expect(waitPercentile(bucketsOf([]), 99)).toBeNull();
  expect(waitPercentile(bucketsOf([9e9]), 50)).toBe(86_400);
});
