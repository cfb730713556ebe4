import type { RedisOptions } from 'bullmq';

const MAX_RECONNECT_AFTER_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * How every queue and worker connects: for ever trying again, so that Redis may go away and come back at any time.
 * @param closing once it is aborted a lost connection stays lost
 */
export function redisConnection(url: string, closing: AbortSignal): RedisOptions {
  return {
    url,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Commands wait for Redis rather than fail: nothing that must go on awaits one (see JobOffers).
    maxRetriesPerRequest: null,
    retryStrategy: (tries) => (closing.aborted ? null : Math.min(100 * tries, MAX_RECONNECT_AFTER_MS)),
  };
}
