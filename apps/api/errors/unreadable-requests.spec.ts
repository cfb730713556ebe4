import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fastify } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerUnreadable, MAX_HEAD_BYTES } from '#apps/api/errors/unreadable-requests';

const server = fastify({ clientErrorHandler: answerUnreadable, http: { maxHeaderSize: MAX_HEAD_BYTES } });

beforeAll(async () => {
  server.get('/', (request) => (request.query as { options: string }).options.length);
  await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());

async function answerTo(request: string): Promise<{ status: string; body: string }> {
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(request);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { status: head.split('\r\n')[0] as string, body };
}

const asked = (characters: number) => `GET /?options=${'a'.repeat(characters)} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`;

it('reads a query of 300,000 characters', async () => {
  expect(await answerTo(asked(300_000))).toEqual({ status: 'HTTP/1.1 200 OK', body: '300000' });
});

it.each([
  { title: 'a head that is too large', request: asked(MAX_HEAD_BYTES), status: 431, problem: 'headers_too_large' },
  { title: 'what is no HTTP', request: 'hello\r\n\r\n', status: 400, problem: 'bad_request' },
])('answers $title with $status', async ({ request, status, problem }) => {
  const answer = await answerTo(request);
  expect(answer.status).toContain(`HTTP/1.1 ${status} `);
  expect(JSON.parse(answer.body)).toMatchObject({ type: `urn:halogen:problem:${problem}`, status });
});
