import { randomUUID } from 'node:crypto';
import type { LeaseRef } from '#core/generations/lease';
import type { Stage } from '#core/generations/stages';
import type { HotPool } from '#platform/database/hot-pool';

export interface AdmittedGeneration {
  kind?: 'image' | 'video';
  stages?: Stage[];
  prompt?: string;
  traceparent?: string;
  checkpoints?: { stage: Stage; round: number; outcome: object }[];
}

const TENANT_ID = '7d6e2a52-0ab4-4c58-a8d3-7f1df2a30001';
const GRANT_ID = '7d6e2a52-0ab4-4c58-a8d3-7f1df2a30002';
const AVAILABLE_ID = '7d6e2a52-0ab4-4c58-a8d3-7f1df2a30003';
const PRICE_MICRO = 100;
export const NODE_ID = 'node-of-test';

/** A tenant with plenty reserved, and a node, once a database. @param owner may write every table */
export async function prepareTenantAndNode(owner: HotPool): Promise<void> {
  await owner.query(`INSERT INTO tenants (id, name) VALUES ($1, 'Test')`, [TENANT_ID]);
  await owner.query(`INSERT INTO grants (tenant_id, id, source, amount_micro) VALUES ($1, $2, 'top_up', 1000000)`, [TENANT_ID, GRANT_ID]);
  await owner.query(
    `INSERT INTO accounts (tenant_id, id, kind, grant_id, balance_micro)
     VALUES ($1, $3, 'available', $2, 0), ($1, gen_random_uuid(), 'reserved', NULL, 1000000), ($1, gen_random_uuid(), 'spent', NULL, 0)`,
    [TENANT_ID, GRANT_ID, AVAILABLE_ID],
  );
  await owner.query(`INSERT INTO sites (id, name, region, jurisdiction) VALUES ('site', 'Site', 'eu', 'EU')`);
  await owner.query(`INSERT INTO pools (id, site_id, pool_class) VALUES ('pool', 'site', 'cpu')`);
  await owner.query(`INSERT INTO nodes (id, pool_id, token_sha256) VALUES ($1, 'pool', sha256('token'))`, [NODE_ID]);
}

/** What the scheduler leaves when it admits: a generation with a lease, and a row for the relay. */
export async function admitGeneration(db: HotPool, generation: AdmittedGeneration = {}): Promise<LeaseRef> {
  const {
    kind = 'image',
    stages = ['moderate', 'plan', 'render', 'publish'],
    prompt = 'a lighthouse',
    traceparent,
    checkpoints = [],
  } = generation;
  const lease = { tenantId: TENANT_ID, generationId: randomUUID(), fence: '1' };
  await db.transaction('admit for a test', [], async (tx) => {
    await tx.query(
      `INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages, state, fence,
                                price_micro, burn_lane_ms, rate_card_version, reserved, traceparent)
       VALUES ($1, $2, $2, 'dream_machine', $3, 'photon-1', 'cpu', '{}', 'test', '{}', $4, 7, $5, 'admitted', 1, $7, 4000, 1, $8, $6)`,
      [
        lease.tenantId,
        lease.generationId,
        kind,
        prompt,
        stages,
        traceparent,
        PRICE_MICRO,
        JSON.stringify([[GRANT_ID, AVAILABLE_ID, String(PRICE_MICRO)]]),
      ],
    );
    await tx.query(
      `INSERT INTO leases (tenant_id, generation_id, fence, pool_class, node_id, lane_ids, epoch, expires_at)
       VALUES ($1, $2, 1, 'cpu', $3, '{lane-1}', 1, now() + interval '10 minutes')`,
      [lease.tenantId, lease.generationId, NODE_ID],
    );
    for (const { stage, round, outcome } of checkpoints) {
      await tx.query(`INSERT INTO checkpoints (tenant_id, generation_id, stage, round, fence, outcome) VALUES ($1, $2, $3, $4, 1, $5)`, [
        lease.tenantId,
        lease.generationId,
        stage,
        round,
        JSON.stringify(outcome),
      ]);
    }
    await tx.query(
      `INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class, payload) VALUES ('workflow', 'admitted', $1, $2, 'cpu', '{"fence":"1"}')`,
      [lease.tenantId, lease.generationId],
    );
    await tx.query(`SELECT pg_notify('halogen_workflow', '')`);
  });
  return lease;
}
