import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MAX_COUNTED, MAX_QUEUES } from '#features/queue-figures/limits';
import { HotPool } from '#platform/database/hot-pool';
import { WakeLoop } from '#platform/outbox/wake-loop';

const COUNT_EVERY_MS = 10_000;

/** Counts what waits, queue by queue up to a bound, so that nobody who looks has to. Two processes that do write the same. */
@Injectable()
export class QueueDepths implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WakeLoop({ name: 'queue depths', everyMs: COUNT_EVERY_MS, run: () => this.count() });

  constructor(@Inject(HotPool) private readonly pool: HotPool) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  async count(): Promise<void> {
    await this.pool.query(
      `WITH counted AS MATERIALIZED (
         SELECT q.pool_class, q.tenant_id, q.service_tier, least(${MAX_COUNTED}, sum(waiting.queued))::int AS queued,
                sum(waiting.queued) > ${MAX_COUNTED} AS is_at_least
           FROM waiting_queues(${MAX_QUEUES}) AS q,
                LATERAL (SELECT count(*) AS queued FROM (
                  SELECT 1 FROM generations g
                   WHERE g.state = 'queued' AND NOT g.is_held AND g.pool_class = q.pool_class AND g.tenant_id = q.tenant_id AND g.service_tier = q.service_tier
                     AND g.priority = q.priority LIMIT ${MAX_COUNTED + 1}) AS counted_rows) AS waiting
          GROUP BY 1, 2, 3
       ), gone AS (
         DELETE FROM queue_depths d WHERE NOT EXISTS (
           SELECT 1 FROM counted c WHERE (c.pool_class, c.tenant_id, c.service_tier) = (d.pool_class, d.tenant_id, d.service_tier))
       )
       INSERT INTO queue_depths (pool_class, tenant_id, service_tier, queued, is_at_least, counted_at)
       SELECT *, now() FROM counted ORDER BY 1, 2, 3
       ON CONFLICT (pool_class, tenant_id, service_tier) DO UPDATE
       SET queued = excluded.queued, is_at_least = excluded.is_at_least, counted_at = excluded.counted_at`,
    );
  }
}
