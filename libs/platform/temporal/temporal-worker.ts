import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { TemporalConnection } from '#platform/temporal/temporal-connection';
import { tracedActivities, workflowSpanSinks } from '#platform/temporal/tracing';

export type TemporalWorkerOptions = Omit<WorkerOptions, 'connection' | 'namespace' | 'sinks'>;

const RESTART_AFTER_MS = 1_000;
/** A task that waits for a worker that died goes to another one after this long. */
const STICKY_WAIT_MS = 3_000;
/** Heartbeats may be as frequent as the stages' silence limit needs. */
const HEARTBEAT_EVERY_MS = 1_000;
const DRAIN_MS = 3_000;
const STOP_LIMIT_MS = 5_000;

/** A Temporal worker for the life of the process: it starts when the connection stands, and again should it ever fail. */
export class TemporalWorker {
  private readonly logger = new Logger(TemporalWorker.name);
  private readonly stopping = new AbortController();
  private readonly stopped = once(this.stopping.signal, 'abort').then(() => undefined);
  private worker: Worker | undefined;
  private running: Promise<void> | undefined;

  /** @param options called for each start, as a bundle may have to be made. */
  constructor(
    private readonly connection: TemporalConnection,
    private readonly options: () => Promise<TemporalWorkerOptions> | TemporalWorkerOptions,
  ) {}

  start(): void {
    this.running ??= this.runUntilStopped();
  }

  /** For health: whether it polls for work. */
  async check(): Promise<void> {
    if (this.worker?.getState() !== 'RUNNING') throw new Error('the worker does not run');
  }

  /** Takes no new task and lets running ones end; after 3 s they are cancelled, after 5 s left behind. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async runUntilStopped(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const connection = await Promise.race([this.connection.ready(), this.stopped]);
        if (!connection) return;
        this.worker = await this.create(connection);
        await this.worker.runUntil(this.stopped);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.logger.error('The Temporal worker failed and is started again.', error);
        await sleep(RESTART_AFTER_MS, undefined, { signal: this.stopping.signal }).catch(() => {});
      }
    }
  }

  private async create(connection: NativeConnection): Promise<Worker> {
    const { interceptors, ...options } = await this.options();
    return Worker.create({
      stickyQueueScheduleToStartTimeout: STICKY_WAIT_MS,
      maxHeartbeatThrottleInterval: HEARTBEAT_EVERY_MS,
      defaultHeartbeatThrottleInterval: HEARTBEAT_EVERY_MS,
      shutdownGraceTime: DRAIN_MS,
      shutdownForceTime: STOP_LIMIT_MS,
      ...options,
      connection,
      namespace: this.connection.settings.namespace,
      interceptors: { ...interceptors, activity: [tracedActivities, ...(interceptors?.activity ?? [])] },
      sinks: workflowSpanSinks(),
    });
  }
}
