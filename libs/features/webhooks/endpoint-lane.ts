import { type EndpointPace, FIRST_PACE, isTroubled, paceAfter } from '#core/webhooks/endpoint-pace';
import type { AfterWebhook } from '#core/webhooks/webhook-schedule';
import { BEGIN_WEBHOOK_WITHIN_MS, type ClaimedWebhook, type WantedDeliveries, type WebhookTarget } from '#features/webhooks/webhook-groups';

interface Ready {
  delivery: ClaimedWebhook;
  target: WebhookTarget;
  claimedAtMs: number;
}

/** A wait longer than this is left to the sweep. */
const MAX_REMEMBERED_WAIT_MS = 60_000;

/** An endpoint that answers within this gets deliveries claimed ahead: its slots' worth so many times. They begin well within their claim. */
const QUICK_MS = 250;
const HELPINGS_AHEAD = 3;

/** One endpoint as this process serves it: how much may run, what is claimed and waits for its turn, and whether more may be due. */
export class EndpointLane {
  pace: EndpointPace = FIRST_PACE;
  /** Only one at a time, in order. */
  fifo = false;
  private maxPerSecond: number | null = null;
  private nextStartMs = 0;
  private readonly ready: Ready[] = [];
  private inFlight = 0;
  private claiming = false;
  private work: 'none' | 'maybe' | 'probe' = 'none';
  private askAgain = false;
  private timer: NodeJS.Timeout | undefined;
  private timerAtMs = Number.POSITIVE_INFINITY;

  /** @param wake is called when a remembered wait is over */
  constructor(
    readonly tenantId: string,
    readonly endpointId: string,
    private readonly wake: () => void,
  ) {}

  /** Slots of the process that this endpoint has. */
  get held(): number {
    return this.inFlight + this.ready.length;
  }

  get isIdle(): boolean {
    const nothingToDo = this.held === 0 && this.work === 'none' && !this.claiming && this.timer === undefined;
    return nothingToDo && this.pace.failuresInRow === 0 && !this.pausesStarts();
  }

  noteWork(probe: boolean): void {
    if (this.claiming) this.askAgain = true;
    this.work = probe ? 'probe' : this.work === 'probe' ? 'probe' : 'maybe';
  }

  /** How many deliveries to claim now: what fits, and more for a quick endpoint, so that it never waits for a claim and claims are few. */
  wants(): number {
    if (this.work === 'none' || this.claiming) return 0;
    if (this.work === 'probe' || this.fifo) return this.held === 0 ? 1 : 0;
    const ahead = this.pace.meanMs < QUICK_MS && !isTroubled(this.pace) ? HELPINGS_AHEAD * this.pace.slots : 0;
    const most = Math.min(this.pace.slots + ahead, this.maxPerSecond ?? Number.POSITIVE_INFINITY);
    const room = most - this.held;
    return room >= Math.max(1, most / 2) ? room : 0;
  }

  claims(count: number): WantedDeliveries {
    this.claiming = true;
    this.askAgain = false;
    const { tenantId, endpointId } = this;
    return { tenantId, endpointId, count, probe: this.work === 'probe' };
  }

  /** Takes what a claim brought. */
  take(deliveries: readonly ClaimedWebhook[], target: WebhookTarget, { claimedAtMs, asked }: { claimedAtMs: number; asked: number }): void {
    this.claiming = false;
    this.fifo = target.fifo;
    this.maxPerSecond = target.max_per_second;
    for (const delivery of deliveries) this.ready.push({ delivery, target, claimedAtMs });
    // Fewer than asked for means that there are no more, unless somebody said otherwise meanwhile.
    if (this.askAgain) this.work = 'maybe';
    else if (this.work === 'probe' || deliveries.length < asked) this.work = 'none';
  }

  claimFailed(): void {
    this.claiming = false;
  }

  /** The next attempt to begin now, if there is room for it and its claim is young enough. */
  next(nowMs: number): { delivery: ClaimedWebhook; target: WebhookTarget } | undefined {
    while (this.inFlight < this.pace.slots) {
      const first = this.ready[0];
      if (!first) return undefined;
      if (this.maxPerSecond !== null && this.nextStartMs > nowMs) {
        this.wakeIn(this.nextStartMs - nowMs);
        return undefined;
      }
      this.ready.shift();
      if (nowMs - first.claimedAtMs > BEGIN_WEBHOOK_WITHIN_MS) continue;
      if (this.maxPerSecond !== null) this.nextStartMs = Math.max(nowMs, this.nextStartMs) + 1_000 / this.maxPerSecond;
      this.inFlight += 1;
      return first;
    }
    return undefined;
  }

  /** @param after undefined when the attempt ended by a fault of ours */
  ended(after: AfterWebhook | undefined, durationMs: number): void {
    this.inFlight -= 1;
    if (!after) return;
    const signal = after.state === 'delivered' ? 'success' : after.throttled ? 'throttled' : 'failure';
    this.pace = paceAfter(this.pace, signal, durationMs);
    if (this.fifo) this.noteWork(false);
  }

  /** Takes back what has not begun. */
  dropReady(): ClaimedWebhook[] {
    return this.ready.splice(0).map(({ delivery }) => delivery);
  }

  /** Asks for work again after this wait. */
  wakeIn(waitMs: number): void {
    const atMs = performance.now() + waitMs;
    if (waitMs > MAX_REMEMBERED_WAIT_MS || atMs >= this.timerAtMs) return;
    clearTimeout(this.timer);
    this.timerAtMs = atMs;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.timerAtMs = Number.POSITIVE_INFINITY;
      this.wake();
    }, waitMs + 1).unref();
  }

  forget(): void {
    clearTimeout(this.timer);
    this.ready.length = 0;
  }

  /** Forgotten while it must still wait, a slow-paced endpoint would start at once again. */
  private pausesStarts(): boolean {
    return this.maxPerSecond !== null && this.nextStartMs > performance.now();
  }
}
