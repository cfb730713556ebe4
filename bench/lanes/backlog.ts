import { withOwner } from '#bench/database';
import type { BenchTenant } from '#bench/ledger/tenants';

export interface Backlog {
  poolClass: string;
  tenants: readonly BenchTenant[];
  count: number;
}

const PRICE_MICRO = 5_000_000;
const BURN_LANE_MS = 2_000;
const MODELS = ['photon-1', 'photon-flash-1', 'ray-2', 'ray-flash-2'];

/**
 * Queued and reserved generations, spread over tenants and models, written at once rather than submitted one by one; the scheduler is told as of a batch.
 * Their reservations are taken from each tenant's grant, so that each settle moves real credits.
 */
export async function fillBacklog(ownerUrl: string, { poolClass, tenants, count }: Backlog): Promise<void> {
  await withOwner(ownerUrl, async (owner) => {
    await owner.query('SET statement_timeout = 0');
    const tenantIds = tenants.map(({ tenantId }) => tenantId);
    await owner.query('BEGIN');
    await owner.query(
      `WITH wanted AS (
         SELECT a.tenant_id, a.grant_id, a.id AS account_id, t.ordinal, n
           FROM unnest($1::uuid[]) WITH ORDINALITY AS t (tenant_id, ordinal)
           JOIN accounts a ON a.tenant_id = t.tenant_id AND a.kind = 'available'
          CROSS JOIN generate_series(1, ceil($2::float8 / $3)::int) AS n
       ), queued AS (
         INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages,
                                  price_micro, burn_lane_ms, rate_card_version, reserved, state, created_at)
         SELECT tenant_id, uuidv7(), tenant_id, 'native', 'image', ($5::text[])[1 + (n + ordinal) % cardinality($5::text[])], $4, '{}', '', '{}', 'a red fox', 7,
                ARRAY['render'], $6::bigint, $7::int, 1, jsonb_build_array(jsonb_build_array(grant_id, account_id, $6::bigint::text)), 'queued',
                now() + n * interval '1 microsecond'
           FROM wanted
         RETURNING tenant_id
       ), per_tenant AS (
         SELECT tenant_id, count(*) * $6::bigint AS micro FROM queued GROUP BY tenant_id
       )
       UPDATE accounts a SET balance_micro = a.balance_micro + CASE a.kind WHEN 'available' THEN -p.micro ELSE p.micro END
         FROM per_tenant p WHERE a.tenant_id = p.tenant_id AND a.kind IN ('available', 'reserved')`,
      [tenantIds, count, tenants.length, poolClass, MODELS, PRICE_MICRO, BURN_LANE_MS],
    );
    await owner.query(
      `INSERT INTO outbox (consumer, topic, tenant_id, batch_id, chunk, leg, pool_class, payload)
       SELECT 'scheduler', 'batch_queued', t.id, gen_random_uuid(), 1, 0, $2, '{"tier": "shared"}' FROM unnest($1::uuid[]) AS t (id)`,
      [tenantIds, poolClass],
    );
    await owner.query('COMMIT');
    await owner.query('VACUUM ANALYZE generations');
    await owner.query('ANALYZE accounts');
    await owner.query('CHECKPOINT');
    await owner.query(`NOTIFY halogen_scheduler`);
  });
}
