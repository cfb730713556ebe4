import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, context, ROOT_CONTEXT, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';
import { DatabaseUnavailable, isRetryable } from '#platform/database/failures';
import { inSpan } from '#platform/telemetry/spans';

export interface CommandGroupOptions<Command, Outcome> {
  name: string;
  /**
   * Runs all commands in one transaction and answers one outcome each, in order.
   * `again` is true when an earlier try may have been committed: a command that finds its own row then has succeeded.
   */
  run(commands: readonly Command[], again: boolean): Promise<Outcome[]>;
  maxCommands?: number;
  /** How long a group waits for company while another is in flight. With none in flight it only waits for the end of the event loop's turn. */
  maxWaitMs?: number;
  /** Groups in flight at once. Two overlap one's commit with the other's parsing; more only wait for the same locks. */
  maxInFlight?: number;
  /** Commands that may wait; the next one is refused with `GroupFull`. */
  maxWaiting?: number;
}

/** More commands wait than this process may hold: the caller should come back later. */
export class GroupFull extends Error {
  constructor(name: string) {
    super(`too many commands wait in ${name}`);
    this.name = 'GroupFull';
  }
}

interface Waiting<Command, Outcome> {
  command: Command;
  from: SpanContext | undefined;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

const MAX_TRIES = 4;
const MAX_LINKS = 128;

/**
 * Folds the commands of the last few milliseconds into one transaction (group commit). While a group is being committed the next one
 * gathers, so a busy path forms large groups by itself and an idle one hardly waits.
 */
export class CommandGroup<Command, Outcome> {
  private waiting: Waiting<Command, Outcome>[] = [];
  private inFlight = 0;
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private readonly maxCommands: number;
  private readonly maxWaitMs: number;
  private readonly maxInFlight: number;
  private readonly maxWaiting: number;

  constructor(private readonly options: CommandGroupOptions<Command, Outcome>) {
    this.maxCommands = options.maxCommands ?? 1_000;
    this.maxWaitMs = options.maxWaitMs ?? 2;
    this.maxInFlight = options.maxInFlight ?? 2;
    this.maxWaiting = options.maxWaiting ?? 20_000;
  }

  /** Answers when the command's transaction is committed. */
  add(command: Command): Promise<Outcome> {
    if (this.waiting.length >= this.maxWaiting) return Promise.reject(new GroupFull(this.options.name));
    return new Promise((resolve, reject) => {
      this.waiting.push({ command, from: trace.getActiveSpan()?.spanContext(), resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.inFlight >= this.maxInFlight || this.waiting.length === 0) return;
    if (this.waiting.length >= this.maxCommands) this.flush();
    else if (this.inFlight === 0) this.immediate ??= setImmediate(() => this.flush());
    else this.timer ??= setTimeout(() => this.flush(), this.maxWaitMs);
  }

  private flush(): void {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    this.timer = undefined;
    this.immediate = undefined;
    if (this.inFlight >= this.maxInFlight) return;
    const members = this.waiting.splice(0, this.maxCommands);
    if (members.length === 0) return;
    this.inFlight += 1;
    this.runAll(members).finally(() => {
      this.inFlight -= 1;
      this.schedule();
    });
    this.schedule();
  }

  private async runAll(members: Waiting<Command, Outcome>[], again = false): Promise<void> {
    try {
      const outcomes = await this.runWithTries(members, again);
      for (const [at, member] of members.entries()) member.resolve(outcomes[at] as Outcome);
    } catch (error) {
      // What ails the database ails every member; anything else may be one bad member, which must not fail its neighbours.
      if (members.length === 1 || isPassing(error)) for (const member of members) member.reject(error);
      else for (const member of members) await this.runAll([member], true);
    }
  }

  /** Tries again what may well succeed: a deadlock, or a connection that was lost, perhaps after the commit. */
  private async runWithTries(members: Waiting<Command, Outcome>[], again: boolean): Promise<Outcome[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.runInSpan(members, again || tries > 1);
      } catch (error) {
        if (tries === MAX_TRIES || !isPassing(error)) throw error;
        await sleep(Math.random() * 20 * tries);
      }
    }
  }

  /** The group's span continues the first trace that is kept and links to the others that are: a span has one parent. */
  private runInSpan(members: Waiting<Command, Outcome>[], again: boolean): Promise<Outcome[]> {
    const kept = members.flatMap(({ from }) => (from && isKept(from) ? [from] : []));
    const first = kept[0] ?? members.find(({ from }) => from)?.from;
    const parent: Context = first ? trace.setSpanContext(ROOT_CONTEXT, first) : ROOT_CONTEXT;
    const links = kept.slice(1, MAX_LINKS).map((of) => ({ context: of }));
    return context.with(parent, () =>
      inSpan(`group ${this.options.name}`, { attributes: { 'halogen.group.commands': members.length }, links }, () =>
        this.options.run(
          members.map(({ command }) => command),
          again,
        ),
      ),
    );
  }
}

function isKept({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseUnavailable || isRetryable(error);
}
