import { CommandGroup, type CommandGroupOptions } from '#platform/database/command-group';

export interface KeyedGroupsOptions<Command, Outcome> extends Omit<CommandGroupOptions<Command, Outcome>, 'maxInFlight'> {
  /** How many groups may be in flight at once. */
  groups: number;
  /** Names the rows that a command locks: commands of one key never wait for each other's locks, as they are never in flight together. */
  keyOf(command: Command): string;
}

/** Command groups side by side, each with keys of its own and one in flight. Where groups share rows, a second one in flight only waits for the first. */
export class KeyedGroups<Command, Outcome> {
  private readonly groups: readonly CommandGroup<Command, Outcome>[];
  private readonly keyOf: (command: Command) => string;

  constructor({ groups, keyOf, ...options }: KeyedGroupsOptions<Command, Outcome>) {
    this.keyOf = keyOf;
    this.groups = Array.from({ length: groups }, () => new CommandGroup({ ...options, maxInFlight: 1 }));
  }

  /** Answers when the command's transaction is committed. */
  add(command: Command): Promise<Outcome> {
    return (this.groups[hashOf(this.keyOf(command)) % this.groups.length] as CommandGroup<Command, Outcome>).add(command);
  }
}

function hashOf(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) >>> 0;
  return hash;
}
