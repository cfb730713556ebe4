import { createServer } from 'node:http';

/**
 * A receiver that answers 200 at once and remembers when what arrived: `GET /count`, `GET /arrivals` (milliseconds since 1970 by key),
 * `DELETE /` to forget. A process of its own, the same for ours and the baseline.
 */
const arrivals = new Map<string, number>();
const KEY = /"keyId":"([0-9a-f-]{36})"/;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(request.url === '/count' ? arrivals.size : Object.fromEntries(arrivals)));
    return;
  }
  if (request.method === 'DELETE') {
    arrivals.clear();
    response.end();
    return;
  }
  const arrivedAt = performance.timeOrigin + performance.now();
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    const key = KEY.exec(text)?.[1];
    if (key && !arrivals.has(key)) arrivals.set(key, arrivedAt);
    response.end();
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.({ ready: true }));
process.on('SIGTERM', () => process.exit(0));
