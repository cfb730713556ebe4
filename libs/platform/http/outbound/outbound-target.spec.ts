import { expect, it } from 'vitest';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { judgeAddresses, parseTarget } from '#platform/http/outbound/outbound-target';

const CLOSED = parseOutboundSettings({});

it.each([
  { url: 'http://127.1/', host: '127.0.0.1' },
  { url: 'http://0x7f000001/', host: '127.0.0.1' },
  { url: 'http://2130706433/', host: '127.0.0.1' },
  { url: 'http://0177.0.0.1/', host: '127.0.0.1' },
  { url: 'http://１２７.０.０.１/', host: '127.0.0.1' },
  { url: 'http://127.0.0.1./', host: '127.0.0.1' },
  { url: 'http://%31%32%37.0.0.1/', host: '127.0.0.1' },
  { url: 'http://[::1]/', host: '::1' },
  { url: 'http://[::ffff:7f00:1]/', host: '::ffff:7f00:1' },
  { url: 'http://[64:ff9b::7f00:1]/', host: '64:ff9b::7f00:1' },
  { url: 'http://[2002:7f00:1::]/', host: '2002:7f00:1::' },
  { url: 'http://[::127.0.0.1]/', host: '::7f00:1' },
  { url: 'https://169.254.169.254/latest/meta-data', host: '169.254.169.254' },
])('$url is the literal $host, and refused', ({ url, host }) => {
  const target = parseTarget(url);
  if ('refusal' in target) throw new Error(target.refusal.detail);
  expect(target.host).toBe(host);
  expect(judgeAddresses([target.literal!], CLOSED)).toMatchObject({ reason: 'address_not_public' });
});

it.each([
  { url: 'https://hook.example/path?q=1#part', href: 'https://hook.example/path?q=1' },
  { url: 'https://HOOK.example.:8443/', href: 'https://hook.example:8443/' },
  { url: 'https://hook.example../', href: 'https://hook.example/' },
  { url: 'https://bücher.example/', href: 'https://xn--bcher-kva.example/' },
])('$url is called as $href', ({ url, href }) => expect(parseTarget(url)).toMatchObject({ url: { href }, literal: undefined }));

it.each([
  { url: 'not a url', reason: 'invalid_url' },
  { url: '/relative', reason: 'invalid_url' },
  { url: 'http://256.1.1.1/', reason: 'invalid_url' },
  { url: 'http://[fe80::1%25eth0]/', reason: 'invalid_url' },
  { url: 'http://.../', reason: 'invalid_url' },
  { url: 'file:///etc/passwd', reason: 'scheme_not_allowed' },
  { url: 'ftp://hook.example/', reason: 'scheme_not_allowed' },
  { url: 'gopher://127.0.0.1:6379/_INFO', reason: 'scheme_not_allowed' },
  { url: 'https://user:secret@hook.example/', reason: 'credentials_in_url' },
  { url: 'https://user@hook.example/', reason: 'credentials_in_url' },
])('$url → $reason', ({ url, reason }) => {
  const target = parseTarget(url);
  expect(target).toMatchObject({ refusal: { reason } });
  expect(JSON.stringify(target)).not.toContain('secret');
});
