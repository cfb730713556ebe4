import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Inject, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DelayedError, type Job } from 'bullmq';
import { DELIVERIES_QUEUE, DeliveryJob } from '#contracts/queues/deliveries';
import { MAX_ATTEMPTS_AT_ONCE } from '#core/webhooks/limits';
import { Deliverer } from '#features/webhooks/deliverer';
import { logErrors } from '#platform/queue/log-errors';

/** A longer wait is left to the sweep: jobs that sleep for hours would fill Redis and be lost with it. */
const MAX_SLEEP_IN_REDIS_MS = 10_000;

@Processor(DELIVERIES_QUEUE, {
  concurrency: MAX_ATTEMPTS_AT_ONCE,
  // A killed worker's job stands in the way of the sweep's until it counts as stalled; by then the claim in Postgres has run out too.
  lockDuration: 5_000,
  stalledInterval: 1_000,
  maxStalledCount: 10,
  runRetryDelay: 500,
})
export class DeliveryProcessor extends WorkerHost implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('delivery worker');

  constructor(@Inject(Deliverer) private readonly deliverer: Deliverer) {
    super();
  }

  onApplicationBootstrap(): void {
    logErrors(this.worker, this.logger);
  }

  async process(job: Job<unknown>, token?: string): Promise<void> {
    const againInMs = await this.deliverer.attempt(DeliveryJob.parse(job.data));
    if (againInMs === undefined || againInMs > MAX_SLEEP_IN_REDIS_MS) return;
    await job.moveToDelayed(Date.now() + againInMs, token);
    throw new DelayedError();
  }

  /** An attempt that threw met a bug, or Postgres away: its claim runs out, and it is made again. */
  @OnWorkerEvent('failed')
  tellFailed(_job: Job | undefined, error: Error): void {
    this.worker.emit('error', error); // told as seldom as the others
  }

  /** Lets the attempts under way end, once nothing new is offered; what is left waits in Postgres for the next worker. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.close();
  }
}
