import { afterEach, expect, it } from 'vitest';
import { startTinyDnsServer } from '#platform/http/outbound/tiny-dns-server';
import { resolversFor, TxtRecords } from '#platform/http/outbound/txt-records';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function resolver(texts: readonly string[]): Promise<string> {
  const server = await startTinyDnsServer((host, _, type) => (host === 'a.example' && type === 'TXT' ? texts : []));
  closers.push(server.close);
  return server.address;
}

it('counts who answered and who has the record, whatever else the name says', async () => {
  const records = new TxtRecords([await resolver(['v=spf1 -all', 'proof']), await resolver(['proof 2']), await resolver([])]);
  expect(await records.witnesses('a.example', 'proof')).toEqual({ answered: 3, agreed: 1 });
});

it('does not count a resolver that cannot be asked', async () => {
  const closed = await resolver([]);
  closers.pop()?.();
  expect(await new TxtRecords([closed, await resolver(['proof'])]).witnesses('a.example', 'proof')).toEqual({ answered: 1, agreed: 1 });
});

it('asks the named resolver alone, and several where none is named', () => {
  expect(resolversFor({ dns: '127.0.0.1:5353' })).toEqual(['127.0.0.1:5353']);
  expect(resolversFor({}).length).toBeGreaterThan(1);
});
