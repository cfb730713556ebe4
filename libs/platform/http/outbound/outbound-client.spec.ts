import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { OutboundClient, type OutboundRequest } from '#platform/http/outbound/outbound-client';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { startTinyDnsServer, type TinyDnsServer } from '#platform/http/outbound/tiny-dns-server';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

it('posts and tells what was answered', async () => {
  const hook = await listen('127.0.0.1', async (request, response) => {
    const body = await text(request);
    response.writeHead(202, { 'x-seen': `${request.method} ${request.url} ${request.headers['x-mine']} ${body}` }).end('thanks');
  });
  const answer = await client('127.0.0.0/8').post(
    aPost(`http://127.0.0.1:${hook.port}/hook?a=1`, { headers: { 'x-mine': 'yes' }, body: 'fact' }),
  );
  expect(answer).toMatchObject({ kind: 'answered', status: 202, headers: { 'x-seen': 'POST /hook?a=1 yes fact' }, bodyTruncated: false });
  expect(answer.kind === 'answered' && answer.body.toString()).toBe('thanks');
});

it.each(['127.0.0.1', '127.1', '0x7f000001', '2130706433', '[::ffff:7f00:1]', '127.0.0.1.', 'localhost'])(
  'never reaches http://%s with an empty allow-list',
  async (host) => {
    const hook = await listen('127.0.0.1');
    const url = `http://${host}:${hook.port}/`;
    expect(await client('').post(aPost(url))).toMatchObject({ kind: 'refused', reason: 'address_not_public' });
    expect(await client('').check(url)).toMatchObject({ reason: 'address_not_public' });
    expect(hook.connections()).toBe(0);
  },
);

it.each(['127.0.0.2', '127.2', '0x7f000002', '2130706434', '[::ffff:7f00:2]', '127.0.0.2.'])(
  'reaches an allowed literal written as %s',
  async (host) => {
    const hook = await listen('127.0.0.2');
    const url = `http://${host}:${hook.port}/`;
    expect(await client('127.0.0.2/32').check(url)).toBeUndefined();
    expect(await client('127.0.0.2/32').post(aPost(url))).toMatchObject({ kind: 'answered', status: 200 });
  },
);

it('allows the listed addresses and not their neighbours', async () => {
  const hook = await listen('127.0.0.3');
  expect(await client('127.0.0.2/32').post(aPost(`http://127.0.0.3:${hook.port}/`))).toMatchObject({ kind: 'refused' });
  expect(hook.connections()).toBe(0);
});

it('asks the resolver it was given, for both families, without the trailing dot', async () => {
  const hook = await listen('127.0.0.2', (request, response) => response.end(request.headers.host));
  const dns = await resolver(() => ['127.0.0.2']);
  const answer = await client('127.0.0.2/32', dns).post(aPost(`http://hook.example.:${hook.port}/`));
  expect(answer.kind === 'answered' && answer.body.toString()).toBe(`hook.example:${hook.port}`);
  expect(dns.questions.toSorted()).toEqual(['A hook.example', 'AAAA hook.example']);
});

it.each([
  ['127.0.0.2', '127.0.0.3'],
  ['127.0.0.3', '127.0.0.2'],
  ['127.0.0.2', '::1'],
  ['127.0.0.2', 'fd00::1'],
  ['127.0.0.2', '::8.8.8.8'],
  ['127.0.0.2', '169.254.169.254'],
])('refuses a name with a good and a bad address: %s %s', async (...addresses) => {
  const hook = await listen('127.0.0.2');
  const dns = await resolver(() => addresses);
  const url = `http://hook.example:${hook.port}/`;
  expect(await client('127.0.0.2/32', dns).check(url)).toMatchObject({ reason: 'address_not_public' });
  expect(await client('127.0.0.2/32', dns).post(aPost(url))).toMatchObject({ kind: 'refused', reason: 'address_not_public' });
  expect(hook.connections()).toBe(0);
});

it('connects to what it has judged, although the name now leads elsewhere, and refuses at the next attempt', async () => {
  const judged = await listen('127.0.0.2');
  const other = await listen('127.0.0.3', undefined, judged.port);
  const dns = await resolver((_host, askedBefore) => (askedBefore === 0 ? ['127.0.0.2'] : ['127.0.0.3']));
  const outbound = client('127.0.0.2/32', dns);
  const url = `http://hook.example:${judged.port}/`;

  expect(await outbound.post(aPost(url))).toMatchObject({ kind: 'answered' });
  expect(dns.questions.filter((question) => question === 'A hook.example')).toHaveLength(1);
  expect(judged.connections()).toBe(1);

  expect(await outbound.post(aPost(url))).toMatchObject({ kind: 'refused' });
  expect([judged.connections(), other.connections()]).toEqual([1, 0]);
});

it('goes on to the next judged address when the first does not listen', async () => {
  const hook = await listen('127.0.0.3');
  const dns = await resolver(() => ['127.0.0.2', '127.0.0.3']);
  expect(await client('127.0.0.0/8', dns).post(aPost(`http://hook.example:${hook.port}/`))).toMatchObject({ kind: 'answered' });
});

it('does not follow redirects', async () => {
  const inner = await listen('127.0.0.3');
  const hook = await listen('127.0.0.2', (_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.3:${inner.port}/` }).end(),
  );
  expect(await client('127.0.0.0/8').post(aPost(`http://127.0.0.2:${hook.port}/`))).toMatchObject({ kind: 'answered', status: 307 });
  expect(inner.connections()).toBe(0);
});

it('reads no more of an answer than it was told and closes the connection', async () => {
  const closed = Promise.withResolvers<void>();
  const hook = await listen('127.0.0.1', (_request, response) => {
    response.on('close', closed.resolve);
    const pour = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x')));
    };
    response.on('drain', pour);
    pour();
  });
  const answer = await client('127.0.0.0/8').post(aPost(`http://127.0.0.1:${hook.port}/`, { timeoutMs: 10_000 }));
  await closed.promise;
  expect(answer).toMatchObject({ kind: 'answered', status: 200, bodyTruncated: true });
  expect(answer.kind === 'answered' && answer.body.length).toBe(65_536);
});

it.each([
  { bodyBytes: 10, bodyTruncated: false },
  { bodyBytes: 11, bodyTruncated: true },
])('$bodyBytes bytes of an answer with a limit of 10: truncated $bodyTruncated', async ({ bodyBytes, bodyTruncated }) => {
  const hook = await listen('127.0.0.1', (_request, response) => response.end(Buffer.alloc(bodyBytes, 'x')));
  const answer = await client('127.0.0.0/8').post(aPost(`http://127.0.0.1:${hook.port}/`, { maxResponseBytes: 10 }));
  expect(answer).toMatchObject({ bodyTruncated, body: Buffer.alloc(10, 'x') });
});

it.each([
  { name: 'never answers', serve: () => {} },
  { name: 'answers with a head only', serve: (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n') },
  { name: 'drips its body', serve: (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nxx') },
])('the deadline holds for a server that $name', async ({ serve }) => {
  const port = await listenRaw(serve);
  expect(await client('127.0.0.0/8').post(aPost(`http://127.0.0.1:${port}/`, { timeoutMs: 100 }))).toMatchObject({
    kind: 'failed',
    reason: 'timeout',
  });
});

it('the deadline holds for a silent resolver', async () => {
  const dns = await resolver(() => 'silent');
  expect(await client('', dns).post(aPost('http://hook.example/', { timeoutMs: 100 }))).toMatchObject({
    kind: 'failed',
    reason: 'timeout',
  });
});

it('names what went wrong', async () => {
  const nothing = await resolver(() => []);
  expect(await client('', nothing).post(aPost('http://hook.example/'))).toMatchObject({ kind: 'failed', reason: 'dns' });
  expect(await client('', nothing).check('http://hook.example/')).toBeUndefined();

  const outbound = client('127.0.0.0/8');
  const hook = await listen('127.0.0.1');
  expect(await outbound.post(aPost(`https://127.0.0.1:${hook.port}/`))).toMatchObject({ kind: 'failed', reason: 'tls' });
  hook.server.close();
  await once(hook.server, 'close');
  expect(await outbound.post(aPost(`http://127.0.0.1:${hook.port}/`))).toMatchObject({ kind: 'failed', reason: 'connection_refused' });
  expect(await outbound.post(aPost(`http://127.0.0.1:${await listenRaw((socket) => socket.resetAndDestroy())}/`))).toMatchObject({
    kind: 'failed',
    reason: 'reset',
  });
  expect(await outbound.post(aPost(`http://127.0.0.1:${await listenRaw((socket) => socket.end())}/`))).toMatchObject({
    kind: 'failed',
    reason: 'reset',
  });
  expect(await outbound.post(aPost(`http://127.0.0.1:${await listenRaw((socket) => socket.write('220 smtp ready\r\n'))}/`))).toMatchObject({
    kind: 'failed',
    reason: 'protocol',
  });
});

it('throws what is a bug of ours', async () => {
  const hook = await listen('127.0.0.1');
  await expect(client('127.0.0.0/8').post(aPost(`http://127.0.0.1:${hook.port}/`, { headers: { 'x-bad': 'a\r\nb' } }))).rejects.toThrow(
    'invalid',
  );
});

function client(allow: string, dns?: TinyDnsServer): OutboundClient {
  return new OutboundClient(parseOutboundSettings({ allow, dns: dns?.address }));
}

function aPost(url: string, rest: Partial<OutboundRequest> = {}): OutboundRequest {
  return { url, headers: { 'content-type': 'application/json' }, body: '{}', timeoutMs: 5_000, ...rest };
}

async function resolver(answer: Parameters<typeof startTinyDnsServer>[0]): Promise<TinyDnsServer> {
  const dns = await startTinyDnsServer(answer);
  closers.push(dns.close);
  return dns;
}

async function listen(
  host: string,
  listener: RequestListener = (_request, response) => response.end('ok'),
  port = 0,
): Promise<{ server: Server; port: number; connections: () => number }> {
  const server = createServer(listener);
  let connections = 0;
  server.on('connection', () => connections++);
  server.listen(port, host);
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as { port: number }).port, connections: () => connections };
}

/** A server below HTTP: `serve` runs once something was received. */
async function listenRaw(serve: (socket: Socket) => unknown): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => serve(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}
