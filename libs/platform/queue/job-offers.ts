import { Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { logErrors } from '#platform/queue/log-errors';

const MAX_JOBS_AT_ONCE = 500;
/** Offers that may wait for Redis; the sweep over Postgres makes up for those past it. */
const MAX_WAITING = 10_000;

/**
 * Puts jobs into a queue without anybody waiting for it. An offer is a hint: it may be lost, with Redis or with this process, and the
 * sweep that reads the truth from Postgres makes it again. A job that is already there, under the same id, stays one.
 */
export class JobOffers<Data> {
  private readonly waiting = new Map<string, Data>();
  private flushing = false;
  private closed = false;

  constructor(
    private readonly queue: Queue<Data>,
    private readonly jobName: string,
  ) {
    logErrors(queue, new Logger(`queue ${queue.name}`));
  }

  offer(id: string, data: Data): void {
    if (this.closed || this.waiting.size >= MAX_WAITING) return;
    this.waiting.set(id, data);
    if (!this.flushing) void this.flush();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.waiting.clear();
    await this.queue.close();
  }

  private async flush(): Promise<void> {
    this.flushing = true;
    try {
      while (this.waiting.size > 0) await this.add([...this.waiting].slice(0, MAX_JOBS_AT_ONCE));
    } catch (error) {
      this.waiting.clear();
      // The queue tells its own errors; this one only says that the offers are lost.
      if (!this.closed) this.queue.emit('error', error as Error);
    } finally {
      this.flushing = false;
    }
  }

  private async add(offers: readonly (readonly [string, Data])[]): Promise<void> {
    for (const [id] of offers) this.waiting.delete(id);
    const jobs = offers.map(([jobId, data]) => ({ name: this.jobName, data, opts: { jobId } }));
    await this.queue.addBulk(jobs as Parameters<typeof this.queue.addBulk>[0]);
  }
}
