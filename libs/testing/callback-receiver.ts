import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a receiver does with a call: answers with a status, perhaps with headers, redirects, cuts the connection, begins a body and never
 * ends it (`stuck` in silence, `endless` with bytes), or holds the call until it is let go.
 */
export type ScriptedAnswer =
  | number
  | { status: number; headers: Record<string, string> }
  | { redirectTo: string }
  | 'cut'
  | 'stuck'
  | 'endless'
  | Held;

/** A call that is not answered until the test says so. */
export class Held {
  private readonly released = Promise.withResolvers<number>();

  answer(status: number): void {
    this.released.resolve(status);
  }

  get status(): Promise<number> {
    return this.released.promise;
  }
}

export interface ReceivedCall {
  /** Counted from 0 over all paths, in the order of arrival. */
  place: number;
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of whoever calls.
  body: any;
  /** As it was received: what a signature is over. */
  text: string;
}

/** A customer's server: a real HTTP server on the loopback that records each call and answers as its test says, with 200 otherwise. */
export class CallbackReceiver {
  readonly calls: ReceivedCall[] = [];
  private readonly scripts = new Map<string, ScriptedAnswer[]>();
  private readonly arrivals = new EventEmitter().setMaxListeners(0);

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.receive(request, response));
  }

  /** @param host an address of the loopback, all of 127.0.0.0/8 */
  static async start(host = '127.0.0.1'): Promise<CallbackReceiver> {
    const server = createServer();
    const receiver = new CallbackReceiver(server);
    server.listen(0, host);
    await once(server, 'listening');
    return receiver;
  }

  get origin(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  /** A URL of this receiver; the next calls to it are answered like this, one after the other, and later ones with 200. */
  url(path: string, ...answers: ScriptedAnswer[]): string {
    this.scripts.set(path, answers);
    return this.origin + path;
  }

  callsTo(path: string): ReceivedCall[] {
    return this.calls.filter((call) => call.path === path);
  }

  /** Waits until the calls fulfil something. @throws after the limit, with what has arrived */
  async waitFor(fulfilled: (calls: readonly ReceivedCall[]) => boolean, limitMs = 20_000): Promise<void> {
    const signal = AbortSignal.timeout(limitMs);
    while (!fulfilled(this.calls)) {
      await once(this.arrivals, 'call', { signal }).catch(() => {
        const seen = this.calls.map(({ path, body }) => `${path} ${body?.state}`).join(', ');
        throw new Error(`not fulfilled after ${limitMs} ms by these calls: ${seen || 'none'}`);
      });
    }
  }

  /** Waits until a path has had so many calls. */
  async waitForCalls(path: string, count: number, limitMs?: number): Promise<ReceivedCall[]> {
    await this.waitFor(() => this.callsTo(path).length >= count, limitMs);
    return this.callsTo(path);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '/';
    const text = Buffer.concat(chunks).toString('utf8');
    this.calls.push({ place: this.calls.length, path, headers: request.headers, body: jsonOf(text), text });
    const answer = this.scripts.get(path)?.shift() ?? 200;
    this.arrivals.emit('call');

    if (answer === 'cut') request.socket.destroy();
    else if (answer === 'stuck') response.writeHead(200).write('I have heard');
    else if (answer === 'endless') pour(response.writeHead(200));
    else if (typeof answer === 'number') response.writeHead(answer).end();
    else if (answer instanceof Held) response.writeHead(await answer.status).end();
    else if ('status' in answer) response.writeHead(answer.status, answer.headers).end();
    else response.writeHead(302, { location: answer.redirectTo }).end();
  }
}

/** Bytes without end, as long as the other side reads them. */
function pour(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x')));
  };
  response.on('drain', more);
  more();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
