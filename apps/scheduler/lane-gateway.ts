import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocketServer } from 'ws';
import { NodeStream } from '#apps/scheduler/node-stream';
import { LANES_PATH, MAX_MESSAGE_BYTES } from '#contracts/lanes/messages';
import { CapacityService } from '#features/capacity/capacity.service';
import { HaloService } from '#features/scheduling/halo.service';

/** Upgrades that wait for the database at once; more are refused. */
const MAX_UPGRADES_IN_FLIGHT = 1_000;

/**
 * The server side of the lane protocol: tokens are checked before the upgrade, so a stranger never gets a stream.
 * `ws` itself rather than Nest's gateways: those want `{event, data}`, and drop what they cannot parse instead of ending the stream.
 */
@Injectable()
export class LaneGateway implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LaneGateway.name);
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  private upgradesInFlight = 0;
  private isClosing = false;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(CapacityService) private readonly capacity: CapacityService,
    @Inject(HaloService) private readonly halo: HaloService,
  ) {}

  onApplicationBootstrap(): void {
    const http: Server = this.host.httpAdapter.getHttpServer();
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.upgrade(request, socket, head));
  }

  /** After Halo has resigned: streams that are still open, such as a standby's, must not hold up the end of the process. */
  onModuleDestroy(): void {
    this.isClosing = true;
    for (const socket of this.server.clients) socket.close(1001);
    setTimeout(() => {
      for (const socket of this.server.clients) socket.terminate();
    }, 500).unref();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (new URL(request.url ?? '/', 'http://scheduler').pathname !== LANES_PATH) return refuse(socket, '404 Not Found');
    if (this.isClosing || this.upgradesInFlight >= MAX_UPGRADES_IN_FLIGHT) return refuse(socket, '503 Service Unavailable');
    const token = /^bearer ([\w.~+/=-]{1,500})$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) return refuse(socket, '401 Unauthorized');
    this.upgradesInFlight += 1;
    try {
      const node = await this.capacity.nodeOfToken(token);
      if (!node) return refuse(socket, '401 Unauthorized');
      const leaderUrl = this.halo.schedulerOf(node.poolClass) ? null : await this.halo.leaderUrl(node.poolClass);
      this.server.handleUpgrade(request, socket, head, (webSocket) => new NodeStream(webSocket, node, this.halo, leaderUrl).start());
    } catch (error) {
      this.logger.warn('A node could not be let in.', error);
      refuse(socket, '503 Service Unavailable');
    } finally {
      this.upgradesInFlight -= 1;
    }
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
