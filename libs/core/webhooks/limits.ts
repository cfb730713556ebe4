/** Callback attempts one process runs at once. */
export const MAX_CALLBACK_ATTEMPTS = 256;

/** Of those, what all slow and failing hosts together may hold. */
export const MAX_TROUBLED_CALLBACKS = 128;

/** How long a callback, and a webhook's delivery, its attempts and its event are kept, from their beginning. */
export const DELIVERIES_KEPT_DAYS = 30;

/** Webhook attempts one process runs at once. */
export const MAX_WEBHOOK_ATTEMPTS = 1_024;

/** Of those, what all slow and failing endpoints together may hold: the others always find room. */
export const MAX_TROUBLED_ATTEMPTS = 512;

export const MAX_ENDPOINTS_PER_TENANT = 50;

/** Secrets of one endpoint that sign at the same time: one rotation an hour or so fits into the overlap. */
export const MAX_SIGNING_SECRETS = 5;

/** How long a replaced secret goes on signing beside the new one. */
export const ROTATION_OVERLAP_HOURS = 24;

/** Deliveries that one replay may ask for. */
export const MAX_REPLAYED_AT_ONCE = 10_000;

/** Payloads above the first are told to the operator; those above the second are never sent. */
export const SOFT_PAYLOAD_BYTES = 20 * 1_024;
export const MAX_PAYLOAD_BYTES = 256 * 1_024;

const HOUR_MS = 3_600_000;
/** An endpoint at which every attempt has failed for so long is disabled. */
export const DISABLE_AFTER_FAILING_MS = 5 * 24 * HOUR_MS;
/** How often one delivery probes whether an endpoint that was disabled for its failures works again. */
export const PROBE_EVERY_MS = HOUR_MS;
