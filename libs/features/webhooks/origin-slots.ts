import { MAX_ATTEMPTS_PER_ORIGIN } from '#core/webhooks/limits';

interface Origin {
  inFlight: number;
  /** Running mean of how long its attempts take. */
  meanMs: number;
  /** Those sent away whose turn has not come: each attempt that ends makes room for one. */
  sentAway: number;
}

/** Low, since a guess that is too low corrects itself, and one that is too high keeps quick receivers waiting. */
const FIRST_GUESS_MS = 25;
const MIN_WAIT_MS = 20;
const MAX_WAIT_MS = 60_000;

/**
 * How many attempts run against one origin. An attempt without a slot is put off to about when its turn comes, rather than looked
 * at again and again: ten thousand callbacks to one dead receiver then cost next to nothing. Times are milliseconds of one
 * monotonic clock.
 */
export class OriginSlots {
  private readonly origins = new Map<string, Origin>();

  constructor(private readonly slotsPerOrigin = MAX_ATTEMPTS_PER_ORIGIN) {}

  /** Takes a slot, or says when to come back. */
  take(origin: string, nowMs: number): { release(nowMs: number): void } | { againInMs: number } {
    const at = this.origins.get(origin) ?? { inFlight: 0, meanMs: FIRST_GUESS_MS, sentAway: 0 };
    if (at.inFlight >= this.slotsPerOrigin) {
      at.sentAway += 1;
      const turnInMs = (at.sentAway * at.meanMs) / this.slotsPerOrigin;
      return { againInMs: Math.min(Math.max(turnInMs, MIN_WAIT_MS), MAX_WAIT_MS) };
    }
    at.inFlight += 1;
    this.origins.set(origin, at);
    return {
      release: (endedAtMs) => {
        at.inFlight -= 1;
        at.sentAway = Math.max(0, at.sentAway - 1);
        at.meanMs += (endedAtMs - nowMs - at.meanMs) / 8;
        if (at.inFlight === 0) this.origins.delete(origin);
      },
    };
  }
}

/** What one receiver is taken to be. A URL that cannot be parsed is its own: the attempt will tell. */
export function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url;
}
