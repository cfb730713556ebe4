import { expect, it } from 'vitest';
import { judgeDraft } from '#core/generations/judge-draft';

const good = { contrast: 0.15, meanLuma: 0.4, motion: 0.01 };

it.each<{ metrics: Record<string, number>; expected: string }>([
  { metrics: good, expected: 'accept' },
  { metrics: { contrast: 0.15, meanLuma: 0.4 }, expected: 'accept' }, // a still has no motion
  { metrics: { ...good, contrast: 0.05 }, expected: 'accept' },
  { metrics: { ...good, contrast: 0.049 }, expected: 'flat' },
  { metrics: { ...good, meanLuma: 0.05 }, expected: 'too_dark' },
  { metrics: { ...good, meanLuma: 0.95 }, expected: 'too_bright' },
  { metrics: { ...good, motion: 0 }, expected: 'still' },
  { metrics: { ...good, contrast: Number.NaN }, expected: 'not_measured' },
  { metrics: {}, expected: 'not_measured' },
])('$metrics → $expected', ({ metrics, expected }) => {
  const outcome = judgeDraft(metrics);
  expect(outcome.verdict === 'again' ? outcome.reason : outcome.verdict).toBe(expected);
});
