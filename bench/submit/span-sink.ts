import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SpanSink extends AsyncDisposable {
  url: string;
  /** Of spans, as they were sent. */
  bytes(): number;
}

/** Takes what a process exports and forgets it, so that exporting is paid for and reading is not. */
export async function spanSink(): Promise<SpanSink> {
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
