import { FIRST_PACE, isTroubled, type PaceSignal, paceAfter, type ReceiverPace } from '#core/webhooks/receiver-pace';
import { WakeTimes } from '#features/webhooks/wake-times';

/** An attempt begins within this time of its claim, and is over by the end of the claim: nobody else makes it meanwhile. */
export const BEGIN_WITHIN_MS = 3_000;

/** How a receiver wants its calls, as it stood at the claim. */
export interface Manner {
  /** Only one at a time, in order. */
  fifo: boolean;
  maxPerSecond: number | null;
}

interface Ready<Call> {
  call: Call;
  claimedAtMs: number;
}

/** A receiver that answers within this gets calls claimed ahead: its slots' worth so many times. They begin well within their claim. */
const QUICK_MS = 250;
const HELPINGS_AHEAD = 3;

/** One receiver as this process serves it: how much may run, what is claimed and waits for its turn, and whether more may be due. */
export class ServedReceiver<Receiver, Call> {
  pace: ReceiverPace = FIRST_PACE;
  fifo = false;
  private maxPerSecond: number | null = null;
  private nextStartMs = 0;
  private readonly ready: Ready<Call>[] = [];
  private inFlight = 0;
  private claiming = false;
  private work: 'none' | 'maybe' | 'probe' = 'none';
  private askAgain = false;
  private readonly wakes: WakeTimes;

  /** @param wake is called when a remembered wait is over */
  constructor(
    readonly receiver: Receiver,
    wake: () => void,
  ) {
    this.wakes = new WakeTimes(wake);
  }

  /** Slots of the process that this receiver has. */
  get held(): number {
    return this.inFlight + this.ready.length;
  }

  get isIdle(): boolean {
    const nothingToDo = this.held === 0 && this.work === 'none' && !this.claiming && !this.wakes.isWaiting;
    return nothingToDo && this.pace.failuresInRow === 0 && !this.pausesStarts();
  }

  get isProbed(): boolean {
    return this.work === 'probe';
  }

  noteWork(probe = false): void {
    if (this.claiming) this.askAgain = true;
    this.work = probe ? 'probe' : this.work === 'probe' ? 'probe' : 'maybe';
  }

  /** How many calls to claim now: what fits, and more for a quick receiver, so that it never waits for a claim and claims are few. */
  wants(): number {
    if (this.work === 'none' || this.claiming) return 0;
    if (this.work === 'probe' || this.fifo) return this.held === 0 ? 1 : 0;
    const ahead = this.pace.meanMs < QUICK_MS && !isTroubled(this.pace) ? HELPINGS_AHEAD * this.pace.slots : 0;
    const most = Math.min(this.pace.slots + ahead, this.maxPerSecond ?? Number.POSITIVE_INFINITY);
    const room = most - this.held;
    return room >= Math.max(1, most / 2) ? room : 0;
  }

  claims(): void {
    this.claiming = true;
    this.askAgain = false;
  }

  /** Takes what a claim brought. */
  take(calls: readonly Call[], manner: Manner, { claimedAtMs, asked }: { claimedAtMs: number; asked: number }): void {
    this.claiming = false;
    this.fifo = manner.fifo;
    this.maxPerSecond = manner.maxPerSecond;
    for (const call of calls) this.ready.push({ call, claimedAtMs });
    // Fewer than asked for means that there are no more, unless somebody said otherwise meanwhile.
    if (this.askAgain) this.work = 'maybe';
    else if (this.work === 'probe' || calls.length < asked) this.work = 'none';
  }

  claimFailed(): void {
    this.claiming = false;
  }

  /** The next attempt to begin now, if there is room for it and its claim is young enough. */
  next(nowMs: number): Call | undefined {
    while (this.inFlight < this.pace.slots) {
      const first = this.ready[0];
      if (!first) return undefined;
      if (this.maxPerSecond !== null && this.nextStartMs > nowMs) {
        this.wakeIn(this.nextStartMs - nowMs);
        return undefined;
      }
      this.ready.shift();
      if (nowMs - first.claimedAtMs > BEGIN_WITHIN_MS) continue;
      if (this.maxPerSecond !== null) this.nextStartMs = Math.max(nowMs, this.nextStartMs) + 1_000 / this.maxPerSecond;
      this.inFlight += 1;
      return first.call;
    }
    return undefined;
  }

  /** @param attempted undefined when the attempt ended by a fault of ours */
  ended(attempted: { signal: PaceSignal; durationMs: number } | undefined): void {
    this.inFlight -= 1;
    if (!attempted) return;
    this.pace = paceAfter(this.pace, attempted.signal, attempted.durationMs);
    if (this.fifo) this.noteWork();
  }

  /** Takes back what has not begun. */
  dropReady(): Call[] {
    return this.ready.splice(0).map(({ call }) => call);
  }

  /** Asks for work again after this wait. */
  wakeIn(waitMs: number): void {
    this.wakes.in(waitMs);
  }

  forget(): void {
    this.wakes.forget();
    this.ready.length = 0;
  }

  /** Forgotten while it must still wait, a slow-paced receiver would start at once again. */
  private pausesStarts(): boolean {
    return this.maxPerSecond !== null && this.nextStartMs > performance.now();
  }
}
