import { lookup, Resolver } from 'node:dns/promises';
import { type Address, parseAddress } from '#platform/http/outbound/address-blocks';

/** Thrown when a name has no address, or when nobody could be asked. */
export class UnresolvedHost extends Error {
  override readonly name = 'UnresolvedHost';
}

/** More answers than this are an attack or a mistake; the name counts as unresolved. */
const ADDRESSES_LIMIT = 64;
const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 2;

/**
 * All IPv4 and IPv6 addresses of a name, from the machine's resolver, or from `dns` (`address:port`) when it is set.
 * Throws UnresolvedHost, or the signal's reason once it is aborted.
 */
export async function resolveHost(host: string, dns: string | undefined, signal: AbortSignal): Promise<Address[]> {
  signal.throwIfAborted();
  const answers = dns === undefined ? await abortable(systemAddresses(host), signal) : await queriedAddresses(host, dns, signal);
  const addresses = answers.map(parseAddress);
  if (addresses.length === 0 || addresses.length > ADDRESSES_LIMIT || addresses.includes(undefined)) {
    throw new UnresolvedHost(`The name resolved to ${addresses.length} usable addresses.`);
  }
  return addresses as Address[];
}

async function systemAddresses(host: string): Promise<string[]> {
  try {
    const answers = await lookup(host, { all: true, order: 'ipv4first' });
    return answers.map(({ address }) => address);
  } catch (error) {
    throw new UnresolvedHost(`The name could not be resolved (${codeOf(error)}).`);
  }
}

async function queriedAddresses(host: string, dns: string, signal: AbortSignal): Promise<string[]> {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  resolver.setServers([dns]);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    signal.throwIfAborted();
    // One family may fail (many servers mishandle AAAA): only addresses that were answered, and so judged, are connected to.
    if (v4.status === 'rejected' && v6.status === 'rejected') {
      throw new UnresolvedHost(`The name could not be resolved (${codeOf(v4.reason)}, ${codeOf(v6.reason)}).`);
    }
    return [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** getaddrinfo cannot be cancelled: past the deadline its answer is left behind. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
