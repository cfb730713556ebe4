import { expect, it } from 'vitest';
import { contains, parseAddress } from '#platform/http/outbound/address-blocks';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';

it('is closed unless told otherwise', () => {
  expect(parseOutboundSettings({})).toEqual({ allow: [], dns: undefined });
  expect(parseOutboundSettings({ allow: ' , ', dns: ' ' })).toEqual({ allow: [], dns: undefined });
});

it.each([
  { allow: '127.0.0.0/8', address: '127.9.9.9', allowed: true },
  { allow: '127.0.0.2/32, 10.0.0.0/8', address: '127.0.0.2', allowed: true },
  { allow: '127.0.0.2/32, 10.0.0.0/8', address: '127.0.0.3', allowed: false },
  { allow: '127.0.0.2', address: '127.0.0.2', allowed: true }, // a single address is a /32
  { allow: '127.0.0.2', address: '127.0.0.3', allowed: false },
  { allow: '127.0.0.2', address: '::ffff:127.0.0.2', allowed: true }, // the same endpoint
  { allow: '::1', address: '::1', allowed: true },
  { allow: 'fd00::/8', address: 'fdab::1', allowed: true },
  { allow: '0.0.0.0/0', address: '::1', allowed: false },
])('$allow → $address $allowed', ({ allow, address, allowed }) => {
  expect(parseOutboundSettings({ allow }).allow.some((block) => contains(block, parseAddress(address)!))).toBe(allowed);
});

it.each([
  { dns: '127.0.0.1', expected: '127.0.0.1:53' },
  { dns: '127.0.0.1:5353', expected: '127.0.0.1:5353' },
  { dns: '::1', expected: '[::1]:53' },
  { dns: '[::1]:5353', expected: '[::1]:5353' },
])('resolver $dns → $expected', ({ dns, expected }) => expect(parseOutboundSettings({ dns }).dns).toBe(expected));

it.each(['localhost', '127.1/8', '127.0.0.1/33', '127.0.0.1/', '127.0.0.1/8/8', '127.0.0.0-127.0.0.9', '::/129', '::ffff:127.0.0.0/104'])(
  'names the bad entry %s',
  (entry) => expect(() => parseOutboundSettings({ allow: `10.0.0.0/8,${entry}` })).toThrow(`HALOGEN_OUTBOUND_ALLOW: "${entry}"`),
);

it.each(['localhost:53', '127.0.0.1:0', '127.0.0.1:70000', '127.0.0.1:x', '[127.0.0.1]:53', '::1:5353:zz'])(
  'names the bad resolver %s',
  (dns) => expect(() => parseOutboundSettings({ dns })).toThrow(`HALOGEN_OUTBOUND_DNS: "${dns}"`),
);
