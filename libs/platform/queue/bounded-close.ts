import { Queue, Worker } from 'bullmq';

/** Longer than one attempt of anything we queue may last. */
const DRAIN_LIMIT_MS = 6_000;
const QUEUE_CLOSE_LIMIT_MS = 1_000;

/** A worker that drains, but not for ever: with Redis away BullMQ waits until it is back, and the process could not end. */
export class BoundedWorker extends Worker {
  override close(force?: boolean): Promise<void> {
    return within(DRAIN_LIMIT_MS, super.close(force));
  }
}

/** A queue whose close waits for Redis a moment only. */
export class BoundedQueue extends Queue {
  override close(): Promise<void> {
    return within(QUEUE_CLOSE_LIMIT_MS, super.close());
  }
}

async function within(limitMs: number, closed: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    closed,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    }),
  ]).finally(() => clearTimeout(timer));
}
