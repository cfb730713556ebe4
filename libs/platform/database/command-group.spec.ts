import { expect, it } from 'vitest';
import { CommandGroup, GroupFull } from '#platform/database/command-group';
import { DatabaseUnavailable } from '#platform/database/failures';

type Run = (commands: readonly number[], again: boolean) => Promise<number[]>;

/** A group of numbers that answers each number doubled, unless its script says otherwise; it remembers its tries. */
function doubling(script: (commands: readonly number[], again: boolean, place: number) => void = () => {}, maxWaiting?: number) {
  const tries: { commands: readonly number[]; again: boolean }[] = [];
  const run: Run = async (commands, again) => {
    tries.push({ commands, again });
    script(commands, again, tries.length);
    return commands.map((one) => one * 2);
  };
  return { tries, group: new CommandGroup({ name: 'test', run, maxWaiting, maxInFlight: 1 }) };
}
const addAll = (group: CommandGroup<number, number>, commands: number[]) => Promise.allSettled(commands.map((one) => group.add(one)));

it('runs the commands of one moment together and answers each its own outcome', async () => {
  const { group, tries } = doubling();
  expect(await Promise.all([1, 2, 3].map((one) => group.add(one)))).toEqual([2, 4, 6]);
  expect(tries).toEqual([{ commands: [1, 2, 3], again: false }]);
});

it('tries a group again as one when the connection was lost, and says that it may have been committed', async () => {
  const { group, tries } = doubling((_commands, again) => {
    if (!again) throw new DatabaseUnavailable(new Error('connection terminated'));
  });
  expect(await Promise.all([1, 2].map((one) => group.add(one)))).toEqual([2, 4]);
  expect(tries.map(({ again }) => again)).toEqual([false, true]);
});

it('gives up on all at once when the database stays away: nobody waits for their turn to fail', async () => {
  const { group, tries } = doubling(() => {
    throw new DatabaseUnavailable(new Error('connection refused'));
  });
  const outcomes = await addAll(group, [1, 2, 3]);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual(
    Array(3).fill(expect.any(DatabaseUnavailable)),
  );
  expect(tries).toHaveLength(4);
});

it('tries the members alone when one of them is bad, and fails that one only', async () => {
  const { group } = doubling((commands) => {
    if (commands.includes(2)) throw new Error('two is bad');
  });
  expect((await addAll(group, [1, 2, 3])).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('refuses more than it may hold', async () => {
  const { group } = doubling(undefined, 2);
  const outcomes = await addAll(group, [1, 2, 3]);
  expect(outcomes.at(2)).toMatchObject({ status: 'rejected', reason: expect.any(GroupFull) });
});
