import { Inject, Injectable } from '@nestjs/common';
import { STOPPABLE } from '#core/controls/switches';
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

/** What is guaranteed today, of each pool class that has an order book. */
const SOLD_UNITS = `
  SELECT b.pool_class, coalesce(sum(g.units), 0)::int AS value FROM order_books b LEFT JOIN guarantees g ON g.pool_class = b.pool_class GROUP BY 1`;

/** By the key of the misses: tenants with units are few, months without one miss are most. */
const GUARANTEE_MISSES = `
  SELECT g.pool_class, coalesce(sum(m.value), 0)::int AS value
    FROM guarantees g CROSS JOIN LATERAL (
      SELECT count(*) AS value FROM (
        SELECT 1 FROM guarantee_misses m
         WHERE m.tenant_id = g.tenant_id AND m.pool_class = g.pool_class AND m.month = date_trunc('month', now() AT TIME ZONE 'UTC')::date
         LIMIT ${MAX_COUNTED}) AS counted) AS m
   GROUP BY 1`;

const PAUSES = `
  SELECT 'tenant' AS subject, (SELECT count(*) FROM tenant_pauses)::int AS value
  UNION ALL SELECT 'pool_class', (SELECT count(*) FROM pool_pauses)::int`;

const SWITCHES = `
  SELECT k.stops, count(s.id)::int AS value
    FROM unnest('{${STOPPABLE.join(',')}}'::text[]) AS k (stops) LEFT JOIN switches s ON s.stops = k.stops GROUP BY 1`;

const PROPOSALS = 'SELECT count(*)::int AS value FROM proposals WHERE decision IS NULL AND expires_at > now()';

const SIMULATIONS = `
  SELECT k.state, count(s.id)::int AS value
    FROM unnest('{waiting,running}'::text[]) AS k (state) LEFT JOIN simulations s ON s.state = k.state GROUP BY 1`;

const GAUGES: readonly { name: string; help: string; labels: readonly string[]; sql: string }[] = [
  {
    name: 'halogen_queue_depth',
    help: `Queued generations, at most ${MAX_COUNTED} counted.`,
    labels: ['pool_class', 'service_tier'],
    sql: QUEUE_DEPTH,
  },
  { name: 'halogen_lanes', help: 'Lanes by state.', labels: ['pool_class', 'state'], sql: LANES },
  {
    name: 'halogen_outbox_lag_seconds',
    help: 'Age of the oldest row that its consumer has not dealt with.',
    labels: ['consumer'],
    sql: OUTBOX_LAG,
  },
  {
    name: 'halogen_ledger_lag_seconds',
    help: 'How long credits have been held past the limit of the lease that should have resolved them.',
    labels: ['pool_class'],
    sql: LEDGER_LAG,
  },
  { name: 'halogen_sold_units', help: 'Provisioned units that tenants are guaranteed today.', labels: ['pool_class'], sql: SOLD_UNITS },
  {
    name: 'halogen_guarantee_misses',
    help: 'Starts of this month (UTC) that came later than the guarantee.',
    labels: ['pool_class'],
    sql: GUARANTEE_MISSES,
  },
  { name: 'halogen_pauses', help: 'Tenants and pool classes of which nothing starts.', labels: ['subject'], sql: PAUSES },
  { name: 'halogen_switches', help: 'What operators have switched off.', labels: ['stops'], sql: SWITCHES },
  { name: 'halogen_proposals', help: 'Acts that wait for a second operator.', labels: [], sql: PROPOSALS },
  { name: 'halogen_simulations', help: 'Questions what would be that are not answered yet.', labels: ['state'], sql: SIMULATIONS },
];

/** What only Postgres knows, for this one process to tell. Each reading is bounded, whatever the tables hold. */
@Injectable()
export class DatabaseGauges {
  constructor(@Inject(HotPool) pool: HotPool) {
    for (const { name, help, labels, sql } of GAUGES)
      gaugeOf(name, help, labels, async () =>
        (await pool.query<Record<string, string> & { value: number }>(sql)).map(({ value, ...labels }) => ({ labels, value })),
      );
  }
}
