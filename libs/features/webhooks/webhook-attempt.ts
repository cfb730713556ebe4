import { MAX_PAYLOAD_BYTES, SOFT_PAYLOAD_BYTES } from '#core/webhooks/limits';
import { type WebhookResult, webhookTimeoutMs } from '#core/webhooks/webhook-schedule';
import type { ClaimedWebhook } from '#features/webhooks/claim-webhooks';
import type { AttemptLog } from '#features/webhooks/record-webhooks';
import { signedHeaders } from '#features/webhooks/sign-message';
import type { WebhookTarget } from '#features/webhooks/webhook-targets';
import type { OutboundClient } from '#platform/http/outbound/outbound-client';

export const USER_AGENT = 'Halogen-Webhooks/1';

export interface AttemptOutcome {
  log: AttemptLog;
  result: WebhookResult;
  /** The event is too large to be sent, now or ever. */
  unsendable: boolean;
}

interface Sender {
  outbound: OutboundClient;
  assetUrl(key: string): string;
  timeScale: number;
  /** Told of payloads that are larger than they should be. */
  warn(message: string): void;
}

/** Sends one event to one endpoint, as Standard Webhooks has it. What goes wrong is an outcome; only bugs throw. */
export async function attemptWebhook(delivery: ClaimedWebhook, target: WebhookTarget, sender: Sender): Promise<AttemptOutcome> {
  const startedAt = new Date();
  const body = webhookBody(delivery, sender.assetUrl);
  const bytes = Buffer.byteLength(body);
  const log: AttemptLog = { url: target.url, startedAt, durationMs: 0, status: null, error: null, answerHeaders: null, answerBody: null };
  if (bytes > MAX_PAYLOAD_BYTES) {
    const error = `payload_too_large: ${bytes} bytes, at most ${MAX_PAYLOAD_BYTES} are sent`;
    return { log: { ...log, error }, result: { error }, unsendable: true };
  }
  if (bytes > SOFT_PAYLOAD_BYTES) sender.warn(`an event of type ${delivery.event_type} has ${bytes} bytes`);

  const answer = await sender.outbound.post({
    url: target.url,
    headers: {
      ...target.headers,
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      ...signedHeaders(delivery.event_id, Math.floor(startedAt.getTime() / 1_000), body, target.secrets),
    },
    body,
    timeoutMs: webhookTimeoutMs(sender.timeScale),
  });
  if (answer.kind !== 'answered') {
    const error = `${answer.reason}: ${answer.detail}`;
    return { log: { ...log, error, durationMs: answer.kind === 'failed' ? answer.durationMs : 0 }, result: { error }, unsendable: false };
  }
  const { status, headers, durationMs } = answer;
  const { 'retry-after': retryAfter, 'set-cookie': _cookies, ...toldHeaders } = headers;
  return {
    log: {
      ...log,
      durationMs,
      status,
      answerHeaders: { ...toldHeaders, ...(retryAfter && { 'retry-after': retryAfter }) },
      answerBody: answer.body.length > 0 ? answer.body.toString('utf8').replaceAll('\0', '') : null,
    },
    result: { status, ...(retryAfter && { retryAfter }) },
    unsendable: false,
  };
}

/** The payload: the same at every attempt, except that links to assets are made anew so that they work. */
export function webhookBody(
  event: Pick<ClaimedWebhook, 'event_type' | 'created_at' | 'data' | 'sequence'>,
  assetUrl: (key: string) => string,
): string {
  const { assets, ...data } = event.data as { assets?: Record<string, string> } & Record<string, unknown>;
  const links = assets && Object.fromEntries(Object.entries(assets).map(([name, key]) => [name, assetUrl(key)]));
  return JSON.stringify({
    type: event.event_type,
    timestamp: event.created_at.toISOString(),
    data: { ...data, ...(links && { assets: links }), sequence: Number(event.sequence) },
  });
}
