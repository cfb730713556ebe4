import type { AttemptResult } from '#core/webhooks/callback-schedule';

/** What the customer's server did with one attempt, as far as the rules care. */
export type WebhookResult = AttemptResult & {
  /** Seconds or an HTTP date, as it was answered. */
  retryAfter?: string;
};

export interface AfterWebhook {
  state: 'delivered' | 'pending' | 'given_up';
  /** From the end of the attempt; only while it is pending. */
  retryAfterMs: number;
  /** Nothing goes to this endpoint before that time is over. */
  pauseEndpointMs?: number;
  /** The endpoint takes no more work than one attempt at a time until it answers well again. */
  throttled: boolean;
  /** The endpoint said that it is gone for good. */
  endpointGone: boolean;
}

const TIMEOUT_MS = 15_000;
/** However fast a test lets time pass, an honest receiver on the same machine must be able to answer. */
const SHORTEST_TIMEOUT_MS = 250;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Standard Webhooks' schedule after the first attempt, each counted from the end of the attempt before: the last try comes after about 100 h. */
export const RETRY_AFTER_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** Deliveries that failed together must not come back together. */
const JITTER = 0.2;
/** A receiver may ask for patience, but not for more than the schedule's own longest pause. */
const MAX_RETRY_AFTER_MS = 24 * HOUR;
const GONE = 410;
const THROTTLING: readonly number[] = [429, 502, 504];

/** The limit of one call, from resolving the name to the end of the answer. */
export function webhookTimeoutMs(timeScale: number): number {
  return Math.max(TIMEOUT_MS / timeScale, SHORTEST_TIMEOUT_MS);
}

export interface ScheduleMoment {
  /** Attempts of this round that have ended, this one included. */
  tries: number;
  /** The schedule is divided by it, for tests. */
  timeScale: number;
  /** 0 … 1, for the jitter. */
  random: number;
  nowMs: number;
}

/**
 * What becomes of a delivery and its endpoint after an attempt. Any 2xx is success; a redirect is not followed and counts as a failure.
 * What the receiver asks for by `Retry-After` is real time: only our own schedule is scaled.
 */
export function afterWebhook(result: WebhookResult, { tries, timeScale, random, nowMs }: ScheduleMoment): AfterWebhook {
  const status = 'status' in result ? result.status : undefined;
  const rest = { retryAfterMs: 0, throttled: false, endpointGone: false };
  if (status !== undefined && status >= 200 && status < 300) return { ...rest, state: 'delivered' };
  if (status === GONE) return { ...rest, state: 'given_up', endpointGone: true };

  const throttled = status !== undefined && THROTTLING.includes(status);
  const askedForMs = result.retryAfter === undefined ? 0 : retryAfterMs(result.retryAfter, nowMs);
  const pause = throttled && askedForMs > 0 ? { pauseEndpointMs: askedForMs } : {};
  const scheduledMs = RETRY_AFTER_MS[tries - 1];
  if (scheduledMs === undefined) return { ...rest, ...pause, throttled, state: 'given_up' };
  const jittered = (scheduledMs * (1 - JITTER + 2 * JITTER * random)) / timeScale;
  return { ...rest, ...pause, throttled, state: 'pending', retryAfterMs: Math.max(jittered, askedForMs) };
}

/** Reads `Retry-After` as milliseconds from now; what cannot be read asks for nothing. */
export function retryAfterMs(value: string, nowMs: number): number {
  const text = value.trim();
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * SECOND : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}
