import type { FamilyLimits } from '#core/access/key-limits';

/** A slot that a refusal has booked: whoever was refused may come back at its time. */
export interface Booking {
  id: string;
  /** Fingerprint of the refused body: only the same request may use the slot. */
  body: string;
  promisedMs: number;
  /** When the caller was told of it last. */
  toldMs: number;
}

/** One create that wants to be admitted. */
export interface CreateWish {
  /** For the booking, if it is refused. */
  id: string;
  body: string;
  /** Whether the client says that it sends this again. */
  isResend: boolean;
  /** How long it is expected to take at most, nine times of ten. */
  expectedMs: number;
}

export type CreateDecision =
  /** `usedUp` is the refusal that this create makes good. */
  | { admitted: true; usedUp: Booking | null }
  | { admitted: false; limit: 'creates_per_minute' | 'concurrent'; booking: Booking; isNew: boolean };

export interface CreateWindowFacts {
  limits: FamilyLimits;
  /** Times of the slots used, oldest first; older than a minute may be among them. */
  slotsMs: readonly number[];
  bookings: readonly Booking[];
  /** When each unfinished generation is expected to end. */
  endsMs: readonly number[];
}

const WINDOW_MS = 60_000;
/** How long a booked slot waits for its caller; meanwhile it counts as used. */
export const SLOT_HELD_MS = 2_000;
/** Refusals that are remembered of one window; later ones are told the last slot. */
const MAX_BOOKINGS = 2_000;
/** Nobody is sent away for less. */
const MIN_RETRY_MS = 250;

/**
 * Decides creates of one key and family, one after the other.
 * A refusal books its own slot: the first moment at which the minute has room and enough running work should have ended, after all slots that
 * were promised before. From its time a slot counts as used for 2 s, so that the caller who was promised it finds it, and nobody else does.
 * A create in a promised slot counts from the promised time: a caller that comes a little late does not push back the slots behind it.
 */
export class CreateWindow {
  private slotsMs: number[];
  private readonly bookings: Map<string, Booking>;
  /** When each place that is taken is free again, with all promised slots used. Places that nobody took are not listed. */
  private readonly placesFreeMs: number[];
  private unfinished: number;

  constructor(
    private readonly facts: CreateWindowFacts,
    nowMs: number,
  ) {
    this.slotsMs = [...facts.slotsMs];
    this.bookings = new Map(facts.bookings.map((booking) => [booking.id, booking]));
    this.unfinished = facts.endsMs.length;
    this.placesFreeMs = facts.endsMs.map((at) => Math.max(at, nowMs + MIN_RETRY_MS));
    const typicalMs = this.typicalMs(nowMs);
    for (const { promisedMs } of this.pending(nowMs)) this.occupy(promisedMs, typicalMs);
  }

  decide(wish: CreateWish, nowMs: number): CreateDecision {
    const due = this.dueBooking(wish.body, nowMs);
    const recorded = due ?? (wish.isResend ? this.recordedRefusal(wish.body) : undefined);
    const held = [...this.bookings.values()].filter((one) => one !== recorded && isHeld(one, nowMs)).length;
    // A promised slot is its caller's whatever the meter says now.
    const hasSlot = due !== undefined || this.usedSlots(nowMs) + held < this.facts.limits.createsPerMinute;
    const hasPlace = this.unfinished + (due ? 0 : held) < this.facts.limits.concurrent;
    if (hasSlot && hasPlace) {
      if (recorded) this.bookings.delete(recorded.id);
      this.slotsMs.push(due?.promisedMs ?? nowMs);
      this.unfinished += 1;
      if (!due) this.occupy(nowMs, wish.expectedMs);
      return { admitted: true, usedUp: recorded ?? null };
    }
    return { admitted: false, limit: hasSlot ? 'concurrent' : 'creates_per_minute', ...this.book(wish, recorded, nowMs) };
  }

  /** Whether a refusal of this body is recorded: then nothing was committed for one of its senders. */
  hasRefused(body: string): boolean {
    return this.recordedRefusal(body) !== undefined;
  }

  /** Whether a refusal is remembered, and so its slot is kept. */
  has(bookingId: string): boolean {
    return this.bookings.has(bookingId);
  }

  /** Slots of the last minute, to be kept. */
  keptSlots(nowMs: number): number[] {
    return this.slotsMs.filter((at) => at > nowMs - WINDOW_MS).sort((one, other) => one - other);
  }

  /** What the meter shows. */
  used(nowMs: number): FamilyLimits {
    const held = [...this.bookings.values()].filter((one) => isHeld(one, nowMs)).length;
    return { concurrent: this.unfinished + held, createsPerMinute: this.usedSlots(nowMs) + held };
  }

  private book(wish: CreateWish, recorded: Booking | undefined, nowMs: number): { booking: Booking; isNew: boolean } {
    // Who comes back too early is told its slot once more.
    if (recorded && recorded.promisedMs > nowMs) return { booking: this.told({ ...recorded, toldMs: nowMs }), isNew: false };
    const promisedMs = Math.max(this.nextSlotMs(nowMs), this.nextPlaceMs(nowMs), nowMs + MIN_RETRY_MS);
    const booking = { id: recorded?.id ?? wish.id, body: wish.body, promisedMs, toldMs: nowMs };
    if (!recorded && this.bookings.size >= MAX_BOOKINGS) return { booking, isNew: false };
    this.occupy(promisedMs, wish.expectedMs);
    return { booking: this.told(booking), isNew: recorded === undefined };
  }

  private told(booking: Booking): Booking {
    this.bookings.set(booking.id, booking);
    return booking;
  }

  /** The first moment at which the minute has room after everything that was promised. */
  private nextSlotMs(nowMs: number): number {
    const uses = [...this.slotsMs.filter((at) => at > nowMs - WINDOW_MS), ...this.pending(nowMs).map(({ promisedMs }) => promisedMs)];
    uses.sort((one, other) => one - other);
    const before = uses[uses.length - this.facts.limits.createsPerMinute];
    return before === undefined ? nowMs : Math.max(nowMs, before + WINDOW_MS);
  }

  /** The first moment at which enough of what runs and was promised should have ended. */
  private nextPlaceMs(nowMs: number): number {
    return this.placesFreeMs.length < this.facts.limits.concurrent ? nowMs : (this.placesFreeMs[this.firstPlace()] as number);
  }

  private occupy(fromMs: number, forMs: number): void {
    if (this.placesFreeMs.length < this.facts.limits.concurrent) {
      this.placesFreeMs.push(fromMs + forMs);
      return;
    }
    const first = this.firstPlace();
    this.placesFreeMs[first] = Math.max(this.placesFreeMs[first] as number, fromMs) + forMs;
  }

  private firstPlace(): number {
    let first = 0;
    for (const [at, freeMs] of this.placesFreeMs.entries()) if (freeMs < (this.placesFreeMs[first] as number)) first = at;
    return first;
  }

  private pending(nowMs: number): Booking[] {
    return [...this.bookings.values()].filter(({ promisedMs }) => promisedMs + SLOT_HELD_MS >= nowMs);
  }

  private dueBooking(body: string, nowMs: number): Booking | undefined {
    return this.first(
      (one) => one.body === body && isHeld(one, nowMs),
      (one) => one.promisedMs,
    );
  }

  /** Of several refusals of one body the one that was told longest ago: identical senders take turns. */
  private recordedRefusal(body: string): Booking | undefined {
    return this.first(
      (one) => one.body === body,
      (one) => one.toldMs,
    );
  }

  private first(fits: (booking: Booking) => boolean, by: (booking: Booking) => number): Booking | undefined {
    let best: Booking | undefined;
    for (const one of this.bookings.values()) if (fits(one) && (!best || by(one) < by(best))) best = one;
    return best;
  }

  private usedSlots(nowMs: number): number {
    return this.slotsMs.filter((at) => at > nowMs - WINDOW_MS).length;
  }

  private typicalMs(nowMs: number): number {
    const left = this.facts.endsMs.map((at) => at - nowMs).filter((ms) => ms > 0);
    return left.length === 0 ? MIN_RETRY_MS : left.reduce((sum, ms) => sum + ms, 0) / left.length;
  }
}

function isHeld({ promisedMs }: Booking, nowMs: number): boolean {
  return promisedMs <= nowMs && nowMs <= promisedMs + SLOT_HELD_MS;
}
