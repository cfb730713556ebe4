import { randomUUID } from 'node:crypto';
import { quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import type { LeaseRef } from '#core/generations/lease';
import { NO_WISHES, type SubmitCommand, submitAll } from '#features/generations/submit-group';
import { grantCredits } from '#features/ledger/grants.service';
import { provisionTenant } from '#features/tenants/provisioning';
import type { HotPool } from '#platform/database/hot-pool';

/** A tenant with this many micro-credits. @param control a pool of the control role */
export async function aTenant(control: HotPool, availableMicro: bigint): Promise<string> {
  const tenantId = randomUUID();
  await control.transaction('a tenant', [], async (tx) => {
    await provisionTenant(tx, { id: tenantId, name: 'A tenant', reservedAccountId: randomUUID(), spentAccountId: randomUUID() });
    if (availableMicro > 0n) await grantCredits(tx, { tenantId, id: randomUUID(), accountId: randomUUID(), amountMicro: availableMicro });
  });
  return tenantId;
}

/** A wish for one image: five credits. */
export function anImage(tenantId: string, more: Partial<SubmitCommand> = {}): SubmitCommand {
  const quoted = quote({ kind: 'image', model: 'photon-1' }, CURRENT_RATE_CARD);
  if ('refused' in quoted) throw new Error(quoted.message);
  return {
    tenantId,
    apiKeyId: randomUUID(),
    id: randomUUID(),
    surface: 'dream_machine',
    wishes: NO_WISHES,
    quote: quoted,
    bodySha256: 'ab'.repeat(32),
    once: null,
    limits: null,
    request: { generation_type: 'image', model: 'photon-1', prompt: 'a red fox' },
    prompt: 'a red fox',
    seed: 7,
    callbackUrl: null,
    traceparent: undefined,
    ...more,
  };
}

/** A node with lanes `<node>/0`, `<node>/1`, … @returns its id */
export async function aNode(control: HotPool, lanes = 1, poolClass = 'halo-1'): Promise<string> {
  const nodeId = `node-${randomUUID().slice(0, 8)}`;
  await control.query(`INSERT INTO sites (id, name, region, jurisdiction) VALUES ('a-site', 'A site', 'eu', 'de') ON CONFLICT DO NOTHING`);
  await control.query(`INSERT INTO pools (id, site_id, pool_class) VALUES ($1, 'a-site', $1) ON CONFLICT DO NOTHING`, [poolClass]);
  await control.query(`INSERT INTO nodes (id, pool_id, token_sha256) VALUES ($1, $2, sha256($1::text::bytea))`, [nodeId, poolClass]);
  for (let ordinal = 0; ordinal < lanes; ordinal += 1) {
    await control.query('INSERT INTO lanes (id, node_id, ordinal) VALUES ($1, $2, $3)', [`${nodeId}/${ordinal}`, nodeId, ordinal]);
  }
  return nodeId;
}

/** A pool class of its own with one site, on since yesterday. One node is spare. @returns the pool class, which is also the site's id */
export async function anOrderBook(
  control: HotPool,
  { nodes, lanesPerNode, later }: { nodes: number; lanesPerNode: number; later?: { inDays: number; nodes: number } },
): Promise<string> {
  const id = `class-${randomUUID().slice(0, 8)}`;
  await control.query(`INSERT INTO sites (id, name, region, jurisdiction) VALUES ($1, 'A site', 'eu', 'de')`, [id]);
  await control.query(`INSERT INTO order_books (pool_class, accelerator, spare_one_node_in) VALUES ($1, 'a kind', 1000)`, [id]);
  const phases = [{ phase: 1, inDays: -1, nodes }, ...(later ? [{ phase: 2, ...later }] : [])];
  for (const { phase, inDays, nodes: count } of phases) {
    await control.query(
      `INSERT INTO site_phases (site_id, pool_class, phase, powers_on, nodes, lanes_per_node, megawatts)
       VALUES ($1, $1, $2, (now() AT TIME ZONE 'UTC')::date + $3::int, $4, $5, 1)`,
      [id, phase, inDays, count, lanesPerNode],
    );
  }
  return id;
}

/** Gives a queued generation a lease, as the scheduler would. */
export async function admitted(control: HotPool, command: Pick<SubmitCommand, 'tenantId' | 'id'>, laneId: string): Promise<LeaseRef> {
  return control.transaction('admit', [], async (tx) => {
    const [row] = await tx.query<{ fence: string }>(
      `UPDATE generations SET state = 'admitted', fence = fence + 1 WHERE tenant_id = $1 AND id = $2 AND state = 'queued' RETURNING fence`,
      [command.tenantId, command.id],
    );
    if (!row) throw new Error('it is not queued');
    const lease = { tenantId: command.tenantId, generationId: command.id, fence: row.fence };
    await tx.query(
      `INSERT INTO leases (tenant_id, generation_id, fence, pool_class, node_id, lane_ids, epoch, expires_at)
       SELECT $1, $2, $3, 'halo-1', node_id, ARRAY[id], 1, now() + interval '10 minutes' FROM lanes WHERE id = $4`,
      [lease.tenantId, lease.generationId, lease.fence, laneId],
    );
    await tx.query('INSERT INTO lane_occupancies (lane_id, tenant_id, generation_id, fence) VALUES ($4, $1, $2, $3)', [
      lease.tenantId,
      lease.generationId,
      lease.fence,
      laneId,
    ]);
    return lease;
  });
}

/** Units that the tenant is guaranteed from yesterday on. */
export async function someUnits(control: HotPool, tenantId: string, poolClass: string, units: number): Promise<void> {
  await control.query(
    `INSERT INTO order_books (pool_class, accelerator, spare_one_node_in) VALUES ($1, 'a kind', 1000) ON CONFLICT DO NOTHING`,
    [poolClass],
  );
  await control.query(
    `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin)
     SELECT $1, uuidv7(), $2, $3, 1, 380000, today - 1, today + 29, 'active', 'order' FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS t`,
    [tenantId, poolClass, units],
  );
}

/** Generations of one lane that a tenant asked for some minutes ago, that began at once and were settled. */
export async function aFinishedDay(
  control: HotPool,
  { tenantId, poolClass, jobs }: { tenantId: string; poolClass: string; jobs: readonly { minutesAgo: number; runMs: number }[] },
): Promise<void> {
  const nodeId = await aNode(control, 1, poolClass);
  const commands = jobs.map(() => anImage(tenantId));
  const ids = commands.map(({ id }) => id);
  const dedicated = commands.map((command) => ({
    ...command,
    wishes: { ...command.wishes, serviceTier: 'spillover' as const },
    quote: { ...command.quote, poolClass, priceMicro: 0n },
  }));
  await control.transaction('a finished day', [], (tx) => submitAll(tx, dedicated, false));
  await control.query(
    `WITH job AS (SELECT * FROM unnest($2::uuid[], $3::float8[], $4::float8[]) AS j (id, minutes_ago, run_ms)),
     ended AS (
       UPDATE generations g SET state = 'completed', fence = 1, created_at = now() - j.minutes_ago * interval '1 minute', finished_at = now()
         FROM job j WHERE g.tenant_id = $1 AND g.id = j.id RETURNING g.id, g.created_at, j.run_ms
     )
     INSERT INTO leases (tenant_id, generation_id, fence, pool_class, node_id, lane_ids, epoch, expires_at, admitted_at, run_started_at, began_at, ended_at,
                         end_reason, freed_at)
     SELECT $1, id, 1, $5, $6, ARRAY[$6 || '/0'], 1, now(), created_at, created_at, created_at, created_at + run_ms * interval '1 millisecond', 'settled', now()
       FROM ended`,
    [tenantId, ids, jobs.map(({ minutesAgo }) => minutesAgo), jobs.map(({ runMs }) => runMs), poolClass, nodeId],
  );
}
