import { Logger } from '@nestjs/common';
import { isTroubled, type PaceSignal } from '#core/webhooks/receiver-pace';
import { type Manner, ServedReceiver } from '#features/webhooks/served-receiver';
import { WakeLoop } from '#platform/outbox/wake-loop';

/** Whom a kind of calls goes to: what has one pace and one circuit breaker. */
export interface Wanted<Receiver> {
  receiver: Receiver;
  count: number;
  /** The one call that finds out whether a disabled receiver works again. */
  probe: boolean;
}

/** What a claim brought for one receiver. */
export interface ClaimedCalls<Call> {
  calls: readonly Call[];
  manner: Manner;
}

/** How an attempt went, as far as its receiver's turn cares. */
export interface Attempted {
  signal: PaceSignal;
  durationMs: number;
  /** From the end of the attempt; undefined: the call is over. */
  againInMs?: number | undefined;
  /** Nothing goes to this receiver before that time is over. */
  pauseMs?: number | undefined;
  /** Writes how it ended. Answers whether another call to the receiver may be due by it. */
  record(): Promise<boolean>;
}

/** Calls of one kind, whose rows in Postgres alone say what is due. */
export interface CallKind<Receiver, Call> {
  /** For the log. */
  name: string;
  /** Attempts that one process runs at once, and what all troubled receivers together may have of them. */
  most: { attempts: number; troubled: number };
  idOf(receiver: Receiver): string;
  /** Receivers to which something is due. */
  withWork(): Promise<readonly { receiver: Receiver; probe: boolean }[]>;
  /** Takes due calls, for so long that their attempts are over by then. A receiver without an answer is served no more. */
  claim(wanted: readonly Wanted<Receiver>[]): Promise<ReadonlyMap<string, ClaimedCalls<Call>>>;
  /** Gives claims back without an attempt. Only a kind whose attempts ask for a pause needs it. */
  giveBack?(calls: readonly Call[]): Promise<void>;
  /** Makes one attempt. What the other side does wrong is an outcome; only bugs throw. */
  attempt(call: Call): Promise<Attempted>;
}

/** What was lost with a process, or was due later than it remembered, is found by then. */
const SWEEP_EVERY_MS = 500;
const MAX_RECEIVERS_PER_CLAIM = 64;
const CLAIM_AGAIN_AFTER_ERROR_MS = 1_000;
/** Attempts that take longer than this at the end of the process are made again by another one. */
const DRAIN_LIMIT_MS = 6_000;
/** Past this the paces of failing receivers are forgotten; they are learned anew within a few attempts. */
const MAX_REMEMBERED_RECEIVERS = 10_000;

/**
 * Pulls due calls out of Postgres, as many as their receivers take now, and attempts them. Nothing waits in a queue beside the
 * table, so nothing is handed out only to be turned away, and nothing is lost with a process.
 */
export class CallEngine<Receiver, Call> {
  private readonly logger: Logger;
  private readonly served = new Map<string, ServedReceiver<Receiver, Call>>();
  private readonly sweep: WakeLoop;
  private readonly underWay = new Set<Promise<void>>();
  private claiming = false;
  private stopped = true;

  constructor(private readonly kind: CallKind<Receiver, Call>) {
    this.logger = new Logger(kind.name);
    this.sweep = new WakeLoop({ name: `${kind.name} sweep`, everyMs: SWEEP_EVERY_MS, run: () => this.findWork() });
  }

  start(): void {
    this.stopped = false;
    this.sweep.start();
  }

  /** Lets the attempts under way end; what is claimed and not begun is free again when its claim runs out. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const served of this.served.values()) served.forget();
    await this.sweep.stop();
    await Promise.race([Promise.all(this.underWay), new Promise((resolve) => setTimeout(resolve, DRAIN_LIMIT_MS).unref())]);
  }

  /** Says that something may be due to these receivers. */
  wake(receivers: Iterable<Receiver>): void {
    for (const receiver of receivers) this.noteWork(receiver);
    this.claimMore();
  }

  private noteWork(receiver: Receiver, probe = false): void {
    if (this.stopped) return;
    const id = this.kind.idOf(receiver);
    let served = this.served.get(id);
    if (!served) {
      served = new ServedReceiver(receiver, () => this.wake([receiver]));
      this.served.set(id, served);
    }
    served.noteWork(probe);
    this.begin(served);
  }

  private async findWork(): Promise<void> {
    for (const { receiver, probe } of await this.kind.withWork()) this.noteWork(receiver, probe);
    this.claimMore();
  }

  /** One claim at a time: while it is under way the next one gathers. */
  private claimMore(): void {
    if (this.claiming || this.stopped) return;
    const wanting = this.whoWants();
    if (wanting.length === 0) return;
    this.claiming = true;
    this.claim(wanting)
      .catch(async (error) => {
        this.logger.warn('calls could not be claimed, the sweep tries again', error);
        await new Promise((resolve) => setTimeout(resolve, CLAIM_AGAIN_AFTER_ERROR_MS));
      })
      .finally(() => {
        this.claiming = false;
        this.claimMore();
      });
  }

  /** In turn, as far as this process has room; the troubled ones together get a part of it only. */
  private whoWants(): { served: ServedReceiver<Receiver, Call>; count: number }[] {
    let { attempts: free, troubled: freeForTroubled } = this.kind.most;
    for (const served of this.served.values()) {
      free -= served.held;
      if (isTroubled(served.pace)) freeForTroubled -= served.held;
    }
    const wanting: { served: ServedReceiver<Receiver, Call>; count: number }[] = [];
    for (const served of this.served.values()) {
      if (wanting.length >= MAX_RECEIVERS_PER_CLAIM || free <= 0) break;
      const troubled = isTroubled(served.pace);
      const count = Math.min(served.wants(), free, troubled ? freeForTroubled : free);
      if (count <= 0) continue;
      wanting.push({ served, count });
      free -= count;
      if (troubled) freeForTroubled -= count;
    }
    return wanting;
  }

  private async claim(wanting: readonly { served: ServedReceiver<Receiver, Call>; count: number }[]): Promise<void> {
    const wanted = wanting.map(({ served, count }) => ({ receiver: served.receiver, count, probe: served.isProbed }));
    for (const { served } of wanting) served.claims();
    const claimedAtMs = performance.now();
    const claimed = await this.kind.claim(wanted).catch((error) => {
      for (const { served } of wanting) served.claimFailed();
      throw error;
    });
    for (const { served, count } of wanting) {
      const id = this.kind.idOf(served.receiver);
      const mine = claimed.get(id);
      // Behind the others now: with more receivers than fit into one claim each gets its turn.
      this.served.delete(id);
      if (!mine) continue;
      this.served.set(id, served);
      served.take(mine.calls, mine.manner, { claimedAtMs, asked: count });
      this.begin(served);
    }
  }

  private begin(served: ServedReceiver<Receiver, Call>): void {
    for (let next = served.next(performance.now()); next; next = served.next(performance.now())) {
      const attempt = this.attempt(served, next).catch((error) =>
        this.logger.error('an attempt failed by a fault of ours; it is made again', error),
      );
      this.underWay.add(attempt);
      void attempt.finally(() => this.underWay.delete(attempt));
    }
    if (served.isIdle || (this.served.size > MAX_REMEMBERED_RECEIVERS && served.held === 0))
      this.served.delete(this.kind.idOf(served.receiver));
  }

  private async attempt(served: ServedReceiver<Receiver, Call>, call: Call): Promise<void> {
    let attempted: Attempted | undefined;
    let quiet: Call[] = [];
    try {
      attempted = await this.kind.attempt(call);
    } finally {
      served.ended(attempted);
      // Nobody is called while the receiver wants quiet.
      if (attempted?.pauseMs !== undefined) quiet = served.dropReady();
      // A receiver in order waits for the record: only then is the next one the oldest.
      if (!served.fifo) this.goOn(served);
    }
    const { againInMs, pauseMs } = attempted;
    const opensNext = await attempted.record();
    if (quiet.length > 0) await this.kind.giveBack?.(quiet);
    if (againInMs !== undefined) served.wakeIn(Math.max(againInMs, pauseMs ?? 0));
    if (opensNext) this.wake([served.receiver]);
    if (served.fifo) this.goOn(served);
  }

  private goOn(served: ServedReceiver<Receiver, Call>): void {
    this.begin(served);
    this.claimMore();
  }
}
