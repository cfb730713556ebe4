import type { IncomingHttpHeaders } from 'node:http';
import { Refused } from '#apps/api/errors/refused';
import { MAX_KEY_CHARACTERS, type Once } from '#core/access/once';

const PRINTABLE = /^[\x21-\x7e]+$/;

/** How a create is known when it is sent again. Published clients number their tries, and send no key. @throws Refused for a key that cannot be kept */
export function onceOf(headers: IncomingHttpHeaders): Once | undefined {
  const key = headers['idempotency-key'];
  if (key !== undefined) {
    if (typeof key !== 'string' || key.length > MAX_KEY_CHARACTERS || !PRINTABLE.test(key)) {
      throw new Refused('invalid_idempotency_key', `Idempotency-Key is 1 to ${MAX_KEY_CHARACTERS} visible ASCII characters`);
    }
    return { by: 'key', key };
  }
  const tries = headers['x-stainless-retry-count'];
  return typeof tries === 'string' && /^\d{1,3}$/.test(tries) ? { by: 'tries', triesBefore: Number(tries) } : undefined;
}
