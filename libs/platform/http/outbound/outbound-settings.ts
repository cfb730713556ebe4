import { isIP } from 'node:net';
import { type Cidr, parseAddress } from '#platform/http/outbound/address-blocks';

/** What an operator may loosen; both are off by default. */
export interface OutboundSettings {
  /** Blocks that may be called although they are special-purpose. */
  readonly allow: readonly Cidr[];
  /** `address:port` of the resolver to ask instead of the machine's own, as `dns.Resolver.setServers` takes it. */
  readonly dns?: string;
}

export class OutboundSettingsError extends Error {
  override readonly name = 'OutboundSettingsError';
}

/**
 * Reads the values of `HALOGEN_OUTBOUND_ALLOW` (CIDRs or single addresses, separated by commas) and `HALOGEN_OUTBOUND_DNS`
 * (`address` or `address:port`). Throws OutboundSettingsError naming the variable and the entry.
 */
export function parseOutboundSettings(values: { allow?: string; dns?: string }): OutboundSettings {
  const entries = (values.allow ?? '').split(',').map((entry) => entry.trim());
  const allow = entries.filter((entry) => entry !== '').map(parseAllowed);
  return { allow, dns: values.dns?.trim() ? parseResolver(values.dns.trim()) : undefined };
}

function parseAllowed(entry: string): Cidr {
  const [base = '', prefix, ...rest] = entry.split('/');
  const address = parseAddress(base);
  const bitsLimit = address?.kind() === 'ipv4' ? 32 : 128;
  const prefixBits = prefix === undefined ? bitsLimit : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  // An IPv4-mapped block would not mean what it says: such addresses are judged as the IPv4 address that they spell.
  const mapped = isIP(base) === 6 && bitsLimit === 32;
  if (address && !mapped && prefixBits <= bitsLimit && rest.length === 0) return [address, prefixBits];
  throw new OutboundSettingsError(`HALOGEN_OUTBOUND_ALLOW: "${entry}" is not a CIDR such as 127.0.0.2/32`);
}

function parseResolver(text: string): string {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(isIP(text) === 6 ? `[${text}]` : text) ?? [];
  const portNumber = Number(port ?? 53);
  const wellFormed = (isIP(v6 ?? '') === 6 || isIP(v4 ?? '') === 4) && portNumber >= 1 && portNumber <= 65_535;
  if (!wellFormed)
    throw new OutboundSettingsError(`HALOGEN_OUTBOUND_DNS: "${text}" is not an address such as 127.0.0.1:5353 or [::1]:5353`);
  return `${v6 ? `[${v6}]` : v4}:${portNumber}`;
}
