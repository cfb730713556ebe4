import type { ServiceTier } from '#core/catalog/service-tiers';
import { isCharged } from '#core/catalog/tier-price';
import type { LeaseRef } from '#core/generations/lease';
import { type GenerationState, isFinal } from '#core/generations/state';
import { release, settle } from '#core/ledger/resolve';
import type { ServedFrom } from '#core/scheduling/service-tier';
import { generationEventCtes } from '#features/events/generation-events.service';
import { OUTBOX_COLUMNS, type OutboxRow, outboxParameters } from '#features/generations/outbox-rows';
import { reservedParts, type StoredParts } from '#features/generations/reserved-parts';
import { type GenerationTransfers, lockAccounts, movementCtes } from '#features/ledger/movements.service';
import { plainArray } from '#platform/database/array-literals';
import type { HotTx } from '#platform/database/tx';

/** How a generation shall end. A run ends what it holds the fence of; a customer cancels whatever has not ended yet; a deadline ends what never began, the end of units what waits for them. */
export type ResolveCommand =
  | { by: 'run'; kind: 'settle'; lease: LeaseRef }
  | { by: 'run'; kind: 'release'; lease: LeaseRef; reason: string }
  | { by: 'customer'; kind: 'cancel'; tenantId: string; generationId: string; reason: string }
  | { by: 'deadline' | 'units'; kind: 'miss'; tenantId: string; generationId: string; reason: string };

export type ResolveOutcome =
  /** It ended so: now, or by an earlier try of the same fence whose answer was lost. */
  | { state: 'completed' | 'failed' | 'cancelled' }
  /** Someone else's: a newer lease, or an ending that came first. */
  | { refused: 'lease_lost' | 'already_final' | 'already_started' | 'not_found' };

interface LockedGeneration {
  tenant_id: string;
  id: string;
  fence: string;
  state: GenerationState;
  service_tier: ServiceTier;
  reserved: StoredParts;
  callback_url: string | null;
  batch_id: string | null;
  first_began_at: Date | null;
  pool_class: string;
  traceparent: string | null;
  resolved_fence: string | null;
  occupied_ms: string | null;
  /** Whose lanes the lease of its fence runs on; null before the first. */
  served_from: ServedFrom | null;
}

/** What one member of the group changes. */
interface Ending {
  generation: LockedGeneration;
  state: 'completed' | 'failed' | 'cancelled';
  endReason: 'settled' | 'released' | 'cancelled';
  kind: 'settle' | 'release';
  /** What is reserved is spent; else it goes back. A settle of work that own units have paid for spends nothing. */
  spends: boolean;
  failureReason: string | null;
}

/**
 * Ends a group of generations in one transaction: pays or returns, writes the resolution, ends the lease, sets the final state, announces.
 * Whichever of cancel, settle and take-back commits first wins; the others find another state or fence and change nothing.
 */
export async function resolveAll(tx: HotTx, commands: readonly ResolveCommand[]): Promise<ResolveOutcome[]> {
  // Sent one behind the other, so in the order in which everybody locks.
  const [accounts, generations] = await Promise.all([lockAccounts(tx, commands.map(tenantOf)), lockGenerations(tx, commands)]);
  const now = new Date();

  const endings: Ending[] = [];
  const movements: GenerationTransfers[] = [];
  const outcomes = commands.map((command): ResolveOutcome => {
    const generation = generations.get(generationOf(command));
    if (!generation) return { refused: command.by === 'run' ? 'lease_lost' : 'not_found' };
    const refusal = refusalOf(command, generation);
    if (refusal) return refusal;

    const ending = endingOf(command, generation);
    const before = accounts.get(generation.tenant_id);
    if (!before) throw new Error(`tenant ${generation.tenant_id} has no accounts`);
    const parts = reservedParts(generation.reserved);
    const movement = ending.spends ? settle(before, parts) : release(before, parts, now);
    accounts.set(generation.tenant_id, movement.accounts);
    movements.push({ tenantId: generation.tenant_id, generationId: generation.id, transfers: movement.transfers });
    endings.push(ending);
    // A second command for the same generation in this group finds it ended, as it would in the next one.
    generations.set(generation.id, { ...generation, state: ending.state, resolved_fence: generation.fence });
    return { state: ending.state };
  });

  if (endings.length > 0) saveEndings(tx, endings, movementCtes(ENDING_PARAMETERS + 1, accounts.values(), movements));
  return outcomes;
}

function refusalOf(command: ResolveCommand, generation: LockedGeneration): ResolveOutcome | undefined {
  const { state, fence, resolved_fence, first_began_at } = generation;
  if (command.by === 'customer') return isFinal(state) ? { refused: 'already_final' } : undefined;
  if (command.kind === 'miss') {
    if (isFinal(state)) return { refused: 'already_final' };
    return state === 'queued' && (command.by === 'units' || first_began_at === null) ? undefined : { refused: 'already_started' };
  }
  if (command.lease.fence === resolved_fence && isFinal(state)) return { state: state as 'completed' | 'failed' | 'cancelled' };
  const holds = command.lease.fence === fence && (state === 'admitted' || state === 'running');
  return holds ? undefined : { refused: 'lease_lost' };
}

function endingOf(command: ResolveCommand, generation: LockedGeneration): Ending {
  switch (command.kind) {
    case 'settle':
      return {
        ...{ generation, state: 'completed', endReason: 'settled', kind: 'settle', failureReason: null },
        spends: isCharged(generation.service_tier, generation.served_from),
      };
    case 'release':
    case 'miss':
      return { generation, state: 'failed', endReason: 'released', kind: 'release', spends: false, failureReason: command.reason };
    case 'cancel':
      return { generation, state: 'cancelled', endReason: 'cancelled', kind: 'release', spends: false, failureReason: command.reason };
  }
}

async function lockGenerations(tx: HotTx, commands: readonly ResolveCommand[]): Promise<Map<string, LockedGeneration>> {
  const rows = await tx.prepared<LockedGeneration>(
    'lock generations',
    `SELECT g.tenant_id, g.id, g.fence, g.state, g.service_tier, g.reserved, g.callback_url, g.batch_id, g.first_began_at, g.pool_class, g.traceparent,
            r.fence AS resolved_fence, l.served_from, round(extract(epoch FROM now() - l.admitted_at) * 1000) AS occupied_ms
       FROM generations g
       LEFT JOIN resolutions r ON r.tenant_id = g.tenant_id AND r.generation_id = g.id
       LEFT JOIN leases l ON l.tenant_id = g.tenant_id AND l.generation_id = g.id AND l.fence = g.fence
      WHERE (g.tenant_id, g.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
      ORDER BY g.id
        FOR UPDATE OF g`,
    [plainArray(commands.map(tenantOf)), plainArray(commands.map(generationOf))],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

const ENDING_PARAMETERS = 16;

/** Sent with the COMMIT. */
function saveEndings(tx: HotTx, endings: readonly Ending[], ledger: ReturnType<typeof movementCtes>): void {
  const column = <T>(pick: (ending: Ending) => T) => endings.map(pick);
  const freesLanes = endings.some(({ kind }) => kind === 'settle');
  const returnsCredits = endings.some(({ spends, generation }) => !spends && amountOf(generation) > 0n);
  const countsRows = endings.some(({ generation }) => generation.batch_id !== null);
  tx.last(
    ['resolve', freesLanes && 'free lanes', countsRows && 'count rows', returnsCredits && 'uncount spending'].filter(Boolean).join(', '),
    `WITH ${ledger.sql}, ${SAVE_ENDINGS} ${freesLanes ? `, ${FREE_LANES}` : ''} ${countsRows ? `, ${COUNT_ROWS}` : ''}
     ${returnsCredits ? `, ${UNCOUNT_SPENDING}` : ''}
     SELECT pg_notify('halogen_scheduler', pool_class), pg_notify('halogen_delivery', '')
       FROM (SELECT DISTINCT pool_class FROM unnest($14::text[]) AS told (pool_class)) AS queues`,
    [
      column(({ generation }) => generation.tenant_id),
      column(({ generation }) => generation.id),
      column(({ generation }) => generation.fence),
      column(({ state }) => state),
      column(({ failureReason }) => failureReason),
      column(({ endReason }) => endReason),
      column(({ kind }) => kind),
      column(({ spends, generation }) => (spends ? amountOf(generation) : 0n)),
      column(({ spends, generation }) => (spends ? 0n : amountOf(generation))),
      ...outboxParameters(endings.flatMap(announcementsOf)),
      ...ledger.parameters,
    ],
  );
}

function amountOf({ reserved }: LockedGeneration): bigint {
  return reservedParts(reserved).reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
}

const ENDINGS = `unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[])
  AS v (tenant_id, generation_id, fence, state, failure_reason, end_reason, kind, settled_micro, released_micro)`;

/** What is returned leaves the budgets of the month it was asked in. */
const UNCOUNT_SPENDING = `
  uncounted AS (
    UPDATE spending_months s SET used_micro = greatest(s.used_micro - r.returned_micro, 0)
      FROM (SELECT g.tenant_id, subject.id, date_trunc('month', g.created_at AT TIME ZONE 'UTC')::date AS month, sum(v.released_micro) AS returned_micro
              FROM ${ENDINGS}
              JOIN generations g ON g.tenant_id = v.tenant_id AND g.id = v.generation_id
             CROSS JOIN LATERAL unnest(ARRAY[g.project_id, g.api_key_id]) AS subject (id)
             WHERE v.released_micro > 0
             GROUP BY 1, 2, 3) AS r
     WHERE s.tenant_id = r.tenant_id AND s.subject_id = r.id AND s.month = r.month
  )`;

const SAVE_ENDINGS = `
  resolved AS (
    INSERT INTO resolutions (tenant_id, generation_id, kind, fence, settled_micro, released_micro, served_from)
    SELECT v.tenant_id, v.generation_id, v.kind, v.fence, v.settled_micro, v.released_micro, l.served_from
      FROM ${ENDINGS}
      LEFT JOIN leases l ON v.kind = 'settle' AND l.tenant_id = v.tenant_id AND l.generation_id = v.generation_id AND l.fence = v.fence
  ),
  ended AS (
    UPDATE leases l SET ended_at = now(), end_reason = v.end_reason
      FROM ${ENDINGS}
     WHERE l.tenant_id = v.tenant_id AND l.generation_id = v.generation_id AND l.fence = v.fence AND l.ended_at IS NULL AND v.kind = 'release'
  ),
  finished AS (
    UPDATE generations g SET state = v.state, finished_at = now(), failure_reason = v.failure_reason
      FROM ${ENDINGS}
     WHERE g.tenant_id = v.tenant_id AND g.id = v.generation_id
    RETURNING g.tenant_id, g.project_id, g.id, g.kind, g.model, g.state, g.created_at, g.first_began_at, g.assets, g.failure_reason, g.traceparent
  ),
  announced AS (
    INSERT INTO outbox (${OUTBOX_COLUMNS})
    SELECT * FROM unnest($10::text[], $11::text[], $12::uuid[], $13::uuid[], $14::text[], $15::jsonb[], $16::text[])
  ),
  ${generationEventCtes(`
    SELECT tenant_id, project_id, 1 AS place, 'generation.running' AS type, id, kind, model, created_at, NULL::jsonb AS assets, NULL::text AS reason, traceparent
      FROM finished WHERE state = 'completed' AND first_began_at IS NULL
    UNION ALL
    SELECT tenant_id, project_id, 2, 'generation.' || state, id, kind, model, created_at, CASE WHEN state = 'completed' THEN assets END, failure_reason, traceparent
      FROM finished`)}`;

/** A settle comes after the last lane stage, so it frees its lanes in its own transaction; after any other end the node must say so. */
const FREE_LANES = `
  settled AS (
    UPDATE leases l SET ended_at = now(), end_reason = v.end_reason, freed_at = now()
      FROM ${ENDINGS}
     WHERE l.tenant_id = v.tenant_id AND l.generation_id = v.generation_id AND l.fence = v.fence AND l.ended_at IS NULL AND v.kind = 'settle'
    RETURNING l.generation_id, l.fence, l.lane_ids
  ),
  vacated AS (
    DELETE FROM lane_occupancies o USING settled s CROSS JOIN unnest(s.lane_ids) AS held (lane_id)
     WHERE o.lane_id = held.lane_id AND o.generation_id = s.generation_id AND o.fence = s.fence
  )`;

/** A batch's progress is counted where its rows end: nobody has to count a million rows to tell it. */
const COUNT_ROWS = `
  counted AS (
    UPDATE batches b
       SET completed_rows = b.completed_rows + c.completed, failed_rows = b.failed_rows + c.failed, cancelled_rows = b.cancelled_rows + c.cancelled
      FROM (SELECT g.tenant_id, g.batch_id, count(*) FILTER (WHERE v.state = 'completed') AS completed,
                   count(*) FILTER (WHERE v.state = 'failed') AS failed, count(*) FILTER (WHERE v.state = 'cancelled') AS cancelled
              FROM ${ENDINGS} JOIN generations g ON g.tenant_id = v.tenant_id AND g.id = v.generation_id
             WHERE g.batch_id IS NOT NULL GROUP BY g.tenant_id, g.batch_id) AS c
     WHERE b.tenant_id = c.tenant_id AND b.id = c.batch_id
  )`;

/** One row a fact and consumer. A run so quick that its beginning was not noted yet is still announced as begun first. */
function announcementsOf({ generation, state, kind }: Ending): OutboxRow[] {
  const { tenant_id: tenantId, id: generationId, pool_class: poolClass, traceparent, fence, occupied_ms } = generation;
  const leased = generation.state === 'admitted' || generation.state === 'running';
  const about = { tenantId, generationId, poolClass, traceparent };
  const rows: OutboxRow[] = [
    {
      ...about,
      consumer: 'scheduler',
      topic: 'ended',
      payload: { fence: leased ? fence : null, freed: kind === 'settle', ...(kind === 'settle' && { occupiedMs: Number(occupied_ms) }) },
    },
  ];
  if (generation.callback_url === null) return rows;
  if (state === 'completed' && !generation.first_began_at) rows.push({ ...about, consumer: 'delivery', topic: 'dreaming', payload: {} });
  rows.push({ ...about, consumer: 'delivery', topic: state === 'completed' ? 'completed' : 'failed', payload: {} });
  return rows;
}

function tenantOf(command: ResolveCommand): string {
  return command.by === 'run' ? command.lease.tenantId : command.tenantId;
}

function generationOf(command: ResolveCommand): string {
  return command.by === 'run' ? command.lease.generationId : command.generationId;
}
