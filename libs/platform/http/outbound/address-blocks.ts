import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address in binary form. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** Base address and prefix length in bits. */
export type Cidr = [Address, number];

/**
 * The "IANA IPv4 Special-Purpose Address Registry" (RFC 6890), every block that is not marked globally reachable, and the
 * multicast range, which has a registry of its own. 192.0.0.0/24 is refused whole: its reachable exceptions are anycast
 * services of the local network.
 */
const IPV4_BLOCKS = blocks({
  'this network': ['0.0.0.0/8'],
  'private use': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  'shared address space': ['100.64.0.0/10'],
  loopback: ['127.0.0.0/8'],
  'link local': ['169.254.0.0/16'],
  'protocol assignments': ['192.0.0.0/24'],
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  '6to4 relay anycast': ['192.88.99.0/24'],
  benchmarking: ['198.18.0.0/15'],
  multicast: ['224.0.0.0/4'],
  reserved: ['240.0.0.0/4'],
});

/**
 * The "IANA IPv6 Special-Purpose Address Registry" (RFC 6890) in the same reading. 2001::/23 is refused whole (Teredo,
 * ORCHID, anycast services), and so is 6to4, whatever IPv4 address it wraps.
 */
const IPV6_BLOCKS = blocks({
  unspecified: ['::/128'],
  loopback: ['::1/128'],
  'local-use translation': ['64:ff9b:1::/48'],
  'discard only': ['100::/64', '100:0:0:1::/64'],
  'protocol assignments': ['2001::/23'],
  documentation: ['2001:db8::/32', '3fff::/20'],
  '6to4': ['2002::/16'],
  'segment routing': ['5f00::/16'],
  'unique local': ['fc00::/7'],
  'link local': ['fe80::/10'],
  multicast: ['ff00::/8'],
});

/** All that IANA has handed out for the public IPv6 internet; the rest has no owner who could be a customer. */
const IPV6_GLOBAL_UNICAST = cidr('2000::/3');
/** RFC 6052: what a NAT64 gateway turns into the IPv4 address in the last 32 bits. */
const NAT64 = cidr('64:ff9b::/96');

/** Parses an address as WHATWG URL writes it (brackets removed), or as a resolver answers it. Undefined: not an address. */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 4) return ipaddr.IPv4.parse(text);
  if (isIP(text) !== 6) return undefined;
  // URL writes all eight groups in hex. ipaddr.js would take the dotted `::1.2.3.4` for `::ffff:1.2.3.4`, another address.
  const hex = URL.parse(`http://[${text.split('%', 1)[0]}]`)?.hostname.slice(1, -1);
  return hex === undefined ? undefined : asConnected(ipaddr.IPv6.parse(hex));
}

/** The name of the special-purpose block that makes an address unfit for outbound calls; undefined when it is public. */
export function specialBlockOf(address: Address): string | undefined {
  if (address instanceof ipaddr.IPv4) return nameIn(IPV4_BLOCKS, address);
  if (contains(NAT64, address)) return nameIn(IPV4_BLOCKS, lastIpv4Of(address));
  const block = nameIn(IPV6_BLOCKS, address);
  return block ?? (contains(IPV6_GLOBAL_UNICAST, address) ? undefined : 'not global unicast');
}

/** Whether the address lies in the block, compared in binary; IPv4 never lies in an IPv6 block, nor the other way round. */
export function contains([base, prefixBits]: Cidr, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, prefixBits);
}

/** `::ffff:a.b.c.d` is another spelling of an IPv4 endpoint: the socket goes to a.b.c.d, so that is what is judged. */
function asConnected(address: ipaddr.IPv6): Address {
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function lastIpv4Of(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function nameIn(registry: ReadonlyMap<string, readonly Cidr[]>, address: Address): string | undefined {
  for (const [name, members] of registry) if (members.some((member) => contains(member, address))) return name;
  return undefined;
}

function blocks(registry: Record<string, string[]>): ReadonlyMap<string, readonly Cidr[]> {
  return new Map(Object.entries(registry).map(([name, members]) => [name, members.map(cidr)]));
}

function cidr(text: string): Cidr {
  return ipaddr.parseCIDR(text);
}
