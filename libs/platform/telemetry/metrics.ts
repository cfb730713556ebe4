import { Counter, Gauge, Histogram } from 'prom-client';

// One registry a process, prom-client's own. No label names a tenant, a key or an id: their number has no bound.

const QUICK_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LONG_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400];

export const httpRequestSeconds = new Histogram({
  name: 'halogen_http_request_seconds',
  help: 'Time from a request to its answer, by route.',
  labelNames: ['method', 'route', 'status'],
  buckets: QUICK_SECONDS,
});

export const startsTotal = new Counter({
  name: 'halogen_starts_total',
  help: 'Leases that were committed.',
  labelNames: ['pool_class', 'service_tier'],
});

export const queueWaitSeconds = new Histogram({
  name: 'halogen_queue_wait_seconds',
  help: 'Time from joining the queue to the lease.',
  labelNames: ['pool_class', 'service_tier'],
  buckets: LONG_SECONDS,
});

export const stageSeconds = new Histogram({
  name: 'halogen_stage_seconds',
  help: 'Time of a stage: from the end of the one before it, or the start of its run.',
  labelNames: ['stage'],
  buckets: LONG_SECONDS,
});

export const endingsTotal = new Counter({
  name: 'halogen_endings_total',
  help: 'Generations that ended under a lease, and why they failed.',
  labelNames: ['state', 'reason'],
});

/** A gauge that asks for its values when it is read. While they cannot be had it has none: an old value would look alive. */
export function gaugeOf<Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[],
  read: () => Promise<{ labels: Record<Label, string>; value: number }[]>,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    async collect() {
      this.reset();
      const values = await read().catch(() => []);
      for (const { labels, value } of values) this.set(labels, value);
    },
  });
}
