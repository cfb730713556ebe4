import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import { WORK_ORDERS_PATH, type WorkOrder, WorkOrderRequest } from '#contracts/lanes/work-order';

export interface StoredObject {
  bytes: Buffer;
  contentType: string | undefined;
  contentLength: string | undefined;
}

/** What a node sees of the API: work orders by token, and create-only storage behind URLs. */
export class LaneApiDouble {
  /** By storage key. */
  readonly objects = new Map<string, StoredObject>();
  readonly requests: WorkOrderRequest[] = [];
  /** Answers a work order: an order, or a status that refuses it. */
  orderFor: (request: WorkOrderRequest) => WorkOrder | number = () => 404;
  /** Called before an upload is answered; a status replaces the answer, although the object is kept. */
  onUpload: (key: string) => number | undefined = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly nodeToken: string,
  ) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async listen(nodeToken: string): Promise<LaneApiDouble> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LaneApiDouble(server, nodeToken);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  objectUrl(key: string): string {
    return `${this.origin}/objects/${key}`;
  }

  /** An upload slot whose key is as fenced as those of the real API. */
  upload(name: string, { generationId, fence, stage, attempt }: WorkOrderRequest): WorkOrder['uploads'][number] {
    const key = `${generationId}/${fence}/${stage}/${attempt}/${name}`;
    return { name, key, url: this.objectUrl(key) };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === WORK_ORDERS_PATH && request.method === 'POST') return this.serveOrder(request, response);
    const key = request.url?.replace('/objects/', '') ?? '';
    if (request.method === 'PUT') return this.serveUpload(key, request, response);
    const object = this.objects.get(key);
    response.writeHead(object ? 200 : 404).end(object?.bytes);
  }

  private async serveOrder(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${this.nodeToken}`) return void response.writeHead(401).end();
    const wanted = WorkOrderRequest.parse(await json(request));
    this.requests.push(wanted);
    const order = this.orderFor(wanted);
    if (typeof order === 'number') response.writeHead(order).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(order));
  }

  private async serveUpload(key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(request);
    if (this.objects.has(key)) return void response.writeHead(409).end();
    const { 'content-type': contentType, 'content-length': contentLength } = request.headers;
    this.objects.set(key, { bytes, contentType, contentLength });
    response.writeHead(this.onUpload(key) ?? 201).end();
  }
}
