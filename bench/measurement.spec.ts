import { expect, it } from 'vitest';
import { measurementOf, percentile } from '#bench/measurement';

it('tells the medians of the rounds and how far they are apart', () => {
  const rounds = [
    { ours: 90, baseline: 10 },
    { ours: 120, baseline: 10 },
    { ours: 100, baseline: 20 },
  ];
  expect(measurementOf('a-bench', 'things_per_s', '1/s', rounds)).toEqual({
    bench: 'a-bench',
    metric: 'things_per_s',
    value: 100,
    unit: '1/s',
    baseline: 10,
    ratio: 9, // of 9, 12 and 5
    spread: 0.3,
  });
});

it('compares with nothing where there is nothing to compare with', () => {
  expect(measurementOf('a-bench', 'p99_ms', 'ms', [{ ours: 3, baseline: null }])).toMatchObject({ baseline: null, ratio: null, spread: 0 });
});

it.each([
  { share: 0.5, expected: 51 },
  { share: 0.99, expected: 100 },
  { share: 1, expected: 100 },
])('percentile $share of 1 … 100 → $expected', ({ share, expected }) => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(percentile(values, share)).toBe(expected);
});
