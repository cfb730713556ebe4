import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { NativeConnection } from '@temporalio/worker';
import { installTemporalRuntime } from '#platform/temporal/runtime';

export interface TemporalSettings {
  /** `host:port` */
  address: string;
  namespace: string;
}

const CONNECT_RETRY_MS = 500;
const CHECK_LIMIT_MS = 900;

/**
 * The process's one connection to Temporal, shared by its workers and clients: only then can a worker get the first task of a run
 * with the answer to its start. It connects in the background and keeps trying, so that a process lives while Temporal is away;
 * once it stands, Temporal's own client reconnects by itself.
 */
export class TemporalConnection {
  private readonly logger = new Logger(TemporalConnection.name);
  private readonly closing = new AbortController();
  private connecting: Promise<NativeConnection> | undefined;
  private connected: NativeConnection | undefined;

  constructor(readonly settings: TemporalSettings) {}

  /** The connection, once it stands. Rejects only when closed before. */
  ready(): Promise<NativeConnection> {
    this.connecting ??= this.connect();
    return this.connecting;
  }

  /** The connection if it stands already; starts to connect otherwise. */
  current(): NativeConnection | undefined {
    if (!this.connected) this.ready().catch(() => {});
    return this.connected;
  }

  /** For health: whether Temporal answers now. */
  async check(): Promise<void> {
    const connection = this.current();
    if (!connection) throw new Error('not connected to Temporal yet');
    await connection.withDeadline(Date.now() + CHECK_LIMIT_MS, () => connection.workflowService.getSystemInfo({}));
  }

  /** Call it after the workers on this connection have stopped; one that had to be left behind keeps the connection open. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.connecting?.catch(() => {});
    await this.connected?.close().catch((error) => this.logger.warn('The connection to Temporal could not be closed.', error));
    this.connected = undefined;
  }

  private async connect(): Promise<NativeConnection> {
    installTemporalRuntime();
    for (let told = false; ; told = true) {
      this.closing.signal.throwIfAborted();
      try {
        this.connected = await NativeConnection.connect({ address: this.settings.address });
        return this.connected;
      } catch (error) {
        if (!told) this.logger.warn(`Temporal at ${this.settings.address} cannot be reached; trying on.`, error);
        await sleep(CONNECT_RETRY_MS, undefined, { signal: this.closing.signal });
      }
    }
  }
}
