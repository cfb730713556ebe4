import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const MAX_KEYS = 3;

/** The part of S3's protocol that a bucket of ours is used by: objects by path, ranges, `If-None-Match`, lists in pages of three. */
export class S3Simulator {
  private readonly objects = new Map<string, { body: Buffer; modifiedAt: Date }>();

  private constructor(
    private readonly server: Server,
    readonly bucket: string,
  ) {}

  static async start(bucket = 'media'): Promise<S3Simulator> {
    const server = createServer((request, response) => {
      simulator.answer(request, response).catch(() => response.destroy());
    });
    const simulator = new S3Simulator(server, bucket);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return simulator;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.endpoint);
    const [, bucket, ...parts] = decodeURIComponent(url.pathname).split('/');
    const key = parts.join('/');
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return refuse(response, 403, 'AccessDenied');
    if (bucket !== this.bucket) return refuse(response, 404, 'NoSuchBucket');
    if (request.method === 'PUT') return this.put(key, request, response);
    if (request.method === 'DELETE') {
      this.objects.delete(key);
      response.writeHead(204).end();
    } else if (key === '') {
      if (request.method === 'HEAD') response.writeHead(200).end();
      else this.list(url.searchParams, response);
    } else this.get(key, request, response);
  }

  private async put(key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    if (request.headers['if-none-match'] === '*' && this.objects.has(key)) return refuse(response, 412, 'PreconditionFailed');
    const isChunked = request.headers['content-encoding']?.includes('aws-chunked') ?? false;
    this.objects.set(key, { body: isChunked ? unchunked(sent) : sent, modifiedAt: new Date() });
    response.writeHead(200, { etag: '"etag"' }).end();
  }

  private get(key: string, request: IncomingMessage, response: ServerResponse): void {
    const object = this.objects.get(key);
    if (!object) {
      refuse(response, 404, 'NoSuchKey');
      return;
    }
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const body = start === undefined ? object.body : object.body.subarray(Number(start), Number(end) + 1);
    response.writeHead(start === undefined ? 200 : 206, {
      'content-length': body.length,
      'last-modified': object.modifiedAt.toUTCString(),
      etag: '"etag"',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private list(query: URLSearchParams, response: ServerResponse): void {
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after).sort();
    const page = keys.slice(0, MAX_KEYS);
    const contents = page.map((key) => {
      const { body, modifiedAt } = this.objects.get(key) as { body: Buffer; modifiedAt: Date };
      return `<Contents><Key>${key}</Key><Size>${body.length}</Size><LastModified>${modifiedAt.toISOString()}</LastModified></Contents>`;
    });
    const next = keys.length > MAX_KEYS ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(`<ListBucketResult><IsTruncated>${keys.length > MAX_KEYS}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`);
  }
}

/** Takes the chunk headers and trailers out of a body that was signed, or given a checksum, chunk by chunk. */
function unchunked(sent: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = sent.indexOf('\r\n', at);
    const length = Number.parseInt(sent.toString('latin1', at, lineEnd), 16);
    if (!(length > 0)) return Buffer.concat(chunks);
    chunks.push(sent.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
