import { expect, it } from 'vitest';
import { planScene } from '#core/generations/scene-plan';

const request = { prompt: 'a red fox', seed: 7, round: 0 };

it('plans the same scene for the same request', () => {
  expect(planScene(request)).toEqual(planScene({ ...request }));
});

it.each([{ changes: { prompt: 'a blue fox' } }, { changes: { seed: 8 } }])('plans another scene for $changes', ({ changes }) => {
  expect(planScene({ ...request, ...changes })).not.toEqual(planScene(request));
});

it('crosses processes as JSON without loss', () => {
  const plan = planScene(request);
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});

it('raises the contrast each round, up to 1, and keeps the composition', () => {
  for (let seed = 0; seed < 200; seed++) {
    const [first, second, third] = [0, 1, 2].map((round) => planScene({ prompt: 'a red fox', seed, round }));
    expect(second?.contrast).toBe(Math.min(1, (first?.contrast ?? 0) + 0.4));
    expect(third?.contrast).toBe(1);
    expect(third?.shapes.map(({ kind, y }) => ({ kind, y }))).toEqual(first?.shapes.map(({ kind, y }) => ({ kind, y })));
  }
});
