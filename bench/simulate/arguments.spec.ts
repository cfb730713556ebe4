import { expect, it } from 'vitest';
import { SIMULATE_HELP, simulateArguments } from '#bench/simulate/arguments';

it('reads a trace with numbers, and the rest as it is usually', () => {
  expect(simulateArguments(['--trace', 'a.csv', '--lanes', '8', '--no-residency'])).toMatchObject({
    trace: 'a.csv',
    policy: 'halo',
    residency: false,
    numbers: { lanes: 8, nodes: 1, units: 8 },
  });
});

it('asks for nothing when help is wanted, which names every option', () => {
  expect(simulateArguments(['--help'])).toBeUndefined();
  for (const name of ['--trace', '--policy', '--reload-s', '--time-scale']) expect(SIMULATE_HELP).toContain(name);
});

it.each([
  { args: [], says: '--trace FILE is needed' },
  { args: ['--trace', 'a.csv', '--lanes', 'many'], says: '--lanes wants a number, not "many"' },
  { args: ['--trace', 'a.csv', '--lanes='], says: '--lanes wants a number' },
  { args: ['--nothing'], says: "Unknown option '--nothing'. See npm run simulate -- --help" },
])('says what is wrong with $args', ({ args, says }) => {
  expect(() => simulateArguments(args)).toThrow(says);
});
