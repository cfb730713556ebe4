import { type Address, contains, parseAddress, specialBlockOf } from '#platform/http/outbound/address-blocks';
import type { Refusal } from '#platform/http/outbound/outbound-answer';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';

/** A URL whose form is fine. Where its host leads is judged after it has been resolved. */
export interface OutboundTarget {
  /** As it will be requested: normalized by WHATWG URL, without a trailing dot in the host. */
  readonly url: URL;
  /** The host without brackets: what is resolved. */
  readonly host: string;
  /** Set when the host is an IP literal, in whatever notation it was written. */
  readonly literal?: Address;
}

/** Judges the form of a URL. WHATWG URL comes first, since it decides what `127.1`, `0x7f000001` and full-width digits mean. */
export function parseTarget(text: string): OutboundTarget | { readonly refusal: Refusal } {
  const url = URL.parse(text);
  if (!url) return refuse('invalid_url', 'It is not a valid absolute URL.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('scheme_not_allowed', 'Only http and https URLs are called.');
  if (url.username !== '' || url.password !== '') return refuse('credentials_in_url', 'A URL must not carry a user name or a password.');

  // The setter parses the host anew, so what was hidden behind the dot is normalized as well.
  url.hostname = url.hostname.replace(/\.+$/, '');
  url.hash = '';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '' || host.endsWith('.')) return refuse('invalid_url', 'The URL has no usable host.');
  return { url, host, literal: parseAddress(host) };
}

/** Refuses when any of the addresses is special-purpose and not allowed: an attacker chooses the order of answers. */
export function judgeAddresses(addresses: readonly Address[], settings: OutboundSettings): Refusal | undefined {
  for (const address of addresses) {
    const block = specialBlockOf(address);
    if (block === undefined || settings.allow.some((allowed) => contains(allowed, address))) continue;
    return { reason: 'address_not_public', detail: `The host leads to an address that is not on the public internet (${block}).` };
  }
  return undefined;
}

function refuse(reason: Refusal['reason'], detail: string): { readonly refusal: Refusal } {
  return { refusal: { reason, detail } };
}
