import { Inject, Injectable } from '@nestjs/common';
import { HotPool } from '#platform/database/hot-pool';
import { gaugeOf } from '#platform/telemetry/metrics';

/** Rows a gauge looks at. A longer queue shows this number: enough to see that it is long. */
const MAX_COUNTED = 50_000;

const QUEUE_DEPTH = `
  SELECT pool_class, service_tier, count(*)::int AS value
    FROM (SELECT pool_class, service_tier FROM generations WHERE state = 'queued' LIMIT ${MAX_COUNTED}) AS counted
   GROUP BY 1, 2`;

const LANES = `
  SELECT p.pool_class, CASE WHEN o.lane_id IS NOT NULL THEN 'leased' WHEN n.state = 'in_service' THEN 'free' ELSE n.state END AS state,
         count(*)::int AS value
    FROM lanes l JOIN nodes n ON n.id = l.node_id JOIN pools p ON p.id = n.pool_id LEFT JOIN lane_occupancies o ON o.lane_id = l.id
   GROUP BY 1, 2`;

/** The oldest row by id, which the index has first: nothing is counted. */
const OUTBOX_LAG = `
  SELECT c.consumer, coalesce(extract(epoch FROM now() - o.created_at), 0)::float8 AS value
    FROM (VALUES ('scheduler'), ('workflow'), ('delivery')) AS c (consumer)
    LEFT JOIN LATERAL (SELECT created_at FROM outbox WHERE outbox.consumer = c.consumer ORDER BY id LIMIT 1) AS o ON true`;

/** Credits that should have been settled or released: leases past their limit, of which there are never many. */
const LEDGER_LAG = `
  SELECT s.pool_class, coalesce(max(extract(epoch FROM now() - l.expires_at)), 0)::float8 AS value
    FROM scheduler_leaders s
    LEFT JOIN leases l ON l.pool_class = s.pool_class AND l.freed_at IS NULL AND l.ended_at IS NULL AND l.expires_at < now()
   GROUP BY 1`;

/** What only Postgres knows, for this one process to tell. Each reading is bounded, whatever the tables hold. */
@Injectable()
export class DatabaseGauges {
  constructor(@Inject(HotPool) pool: HotPool) {
    const read =
      <Label extends string>(sql: string, labels: readonly Label[]) =>
      async () =>
        (await pool.query<Record<Label, string> & { value: number }>(sql)).map((row) => ({
          labels: Object.fromEntries(labels.map((label) => [label, row[label]])) as unknown as Record<Label, string>,
          value: row.value,
        }));
    const queue = ['pool_class', 'service_tier'] as const;
    gaugeOf('halogen_queue_depth', `Queued generations, at most ${MAX_COUNTED} counted.`, queue, read(QUEUE_DEPTH, queue));
    const lanes = ['pool_class', 'state'] as const;
    gaugeOf('halogen_lanes', 'Lanes by state.', lanes, read(LANES, lanes));
    const consumer = ['consumer'] as const;
    gaugeOf(
      'halogen_outbox_lag_seconds',
      'Age of the oldest row that its consumer has not dealt with.',
      consumer,
      read(OUTBOX_LAG, consumer),
    );
    const poolClass = ['pool_class'] as const;
    gaugeOf(
      'halogen_ledger_lag_seconds',
      'How long credits have been held past the limit of the lease that should have resolved them.',
      poolClass,
      read(LEDGER_LAG, poolClass),
    );
  }
}
