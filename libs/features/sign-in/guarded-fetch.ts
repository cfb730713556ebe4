import type { CustomFetch } from 'openid-client';
import type { OutboundClient } from '#platform/http/outbound/outbound-client';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024;

/** `fetch` for calls to identity providers: customers chose their URLs, so every address is judged and no redirect followed. */
export function guardedFetch(outbound: OutboundClient): CustomFetch {
  return async (url, { method, headers, body }) => {
    if (method !== 'GET' && method !== 'POST') throw new Error(`identity providers are not called by ${method}`);
    const request = { url, headers, timeoutMs: TIMEOUT_MS, maxResponseBytes: MAX_BYTES, ...(body != null && { body: String(body) }) };
    const answer = await (method === 'GET' ? outbound.get(request) : outbound.post(request));
    if (answer.kind !== 'answered') throw new ProviderAway(answer.detail);
    if (answer.bodyTruncated) throw new ProviderAway(`It answered more than ${MAX_BYTES} bytes.`);
    const type = answer.headers['content-type'];
    return new Response(new Uint8Array(answer.body), {
      status: answer.status,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    });
  };
}

/** The identity provider cannot be reached, or may not be called. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway';
}
