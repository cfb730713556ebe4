import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RequestToPrepare {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * One request that is sent again and again over connections that stay open. It is written out once and of an answer only status and length
 * are read: on a machine that carries both, what the load takes is taken from what is measured.
 */
export class PreparedRequest implements AsyncDisposable {
  private constructor(
    private readonly bytes: Buffer,
    private readonly idle: Connection[],
  ) {}

  /** @param connections as many calls may be on their way at once */
  static async to(origin: string, connections: number, request: RequestToPrepare): Promise<PreparedRequest> {
    const { hostname, port, host } = new URL(origin);
    const sockets = Array.from({ length: connections }, () => connect({ host: hostname, port: Number(port), noDelay: true }));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return new PreparedRequest(
      bytesOf(host, request),
      sockets.map((socket) => new Connection(socket)),
    );
  }

  /** @throws for any other status, with the answer's beginning */
  async send(expectedStatus: number): Promise<void> {
    const connection = this.idle.pop();
    if (!connection) throw new Error('more calls at once than connections');
    const answer = await connection.send(this.bytes);
    this.idle.push(connection);
    const status = Number(answer.toString('latin1', 9, 12)); // HTTP/1.1 201
    if (status !== expectedStatus) throw new Error(`answered ${answer.toString('utf8', 0, 600)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.idle) connection.close();
  }
}

const END_OF_HEAD = '\r\n\r\n';

/** Carries one call at a time. */
class Connection {
  private received: Buffer = Buffer.alloc(0);
  private waiting: { resolve(answer: Buffer): void; reject(error: Error): void } | undefined;

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => this.waiting?.reject(new Error('the connection was closed')));
  }

  send(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(bytes);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headEnd = this.received.indexOf(END_OF_HEAD);
    if (headEnd === -1) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.received.toString('latin1', 0, headEnd))?.[1]);
    if (this.received.length < headEnd + END_OF_HEAD.length + length) return;
    const answer = this.received;
    this.received = Buffer.alloc(0);
    this.waiting?.resolve(answer);
  }
}

function bytesOf(host: string, { method, path, headers, body }: RequestToPrepare): Buffer {
  const all = { host, ...headers, 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}
