import { expect, it } from 'vitest';
import { between, hashText, pick, seededRandom } from '#core/generations/seeded-random';

it('gives the same numbers for the same seed, on every machine', () => {
  const random = seededRandom(42);
  expect([random(), random(), random()].map((number) => Math.floor(number * 1e9))).toEqual([601103751, 448290558, 852465793]);
});

it('gives other numbers for another seed', () => {
  expect(seededRandom(1)()).not.toBe(seededRandom(2)());
});

it('spreads evenly over [0, 1)', () => {
  const random = seededRandom(7);
  const tenths = new Array(10).fill(0);
  for (let draw = 0; draw < 10_000; draw++) tenths[Math.floor(random() * 10)]++;
  expect(Math.min(...tenths)).toBeGreaterThan(900);
  expect(Math.max(...tenths)).toBeLessThan(1100);
});

it.each([
  { text: '', hash: 0x811c9dc5 },
  { text: 'a', hash: 0xe40c292c },
  { text: 'foobar', hash: 0xbf9cf968 },
])('hashes "$text" as FNV-1a does', ({ text, hash }) => {
  expect(hashText(text)).toBe(hash);
});

it('stays between its bounds and picks only what is there', () => {
  const random = seededRandom(3);
  for (let draw = 0; draw < 100; draw++) {
    const number = between(random, -2, 5);
    expect(number).toBeGreaterThanOrEqual(-2);
    expect(number).toBeLessThan(5);
    expect(['a', 'b']).toContain(pick(random, ['a', 'b']));
  }
});
