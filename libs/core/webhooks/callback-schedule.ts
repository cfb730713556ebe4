import type { PaceSignal } from '#core/webhooks/receiver-pace';

/** How an attempt ended: with an answer of the receiver, or without any. */
export type AttemptResult = { status: number } | { error: string };

export type AfterAttempt = { state: 'delivered' } | { state: 'given_up' } | { state: 'pending'; retryAfterMs: number };

/** Dream Machine's limit for one call, from resolving the name to the end of the answer. */
export const CALLBACK_TIMEOUT_MS = 5_000;

/** Dream Machine's retries. Their number is the length of the list. */
const RETRY_AFTER_MS = [100, 100, 100];

/**
 * What becomes of a Dream Machine callback after an attempt. Only 200 is success: a redirect is not followed, and a refused or
 * silent receiver is tried again like one that answers with an error.
 * @param attempts attempts that have ended, this one included
 */
export function afterCallback(attempts: number, result: AttemptResult): AfterAttempt {
  if ('status' in result && result.status === 200) return { state: 'delivered' };
  const retryAfterMs = RETRY_AFTER_MS[attempts - 1];
  return retryAfterMs === undefined ? { state: 'given_up' } : { state: 'pending', retryAfterMs };
}

const TOO_MANY_REQUESTS = 429;

/**
 * What an attempt tells about the host. One that answers is well, even with a no: many receivers say 204, which the schedule takes for a
 * failure of that one callback.
 */
export function callbackSignal(result: AttemptResult): PaceSignal {
  if (!('status' in result) || result.status >= 500) return 'failure';
  return result.status === TOO_MANY_REQUESTS ? 'throttled' : 'success';
}
