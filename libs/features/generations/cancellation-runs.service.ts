import { Inject, Injectable } from '@nestjs/common';
import { type CancellationOutcome, MAX_CANCELLATION_ROWS } from '#core/generations/limits';
import { KEPT_DAYS, MAX_CANCELLED_AT_ONCE } from '#features/generations/cancellation-limits';
import { type Matching, pageOfIds, parseCursor } from '#features/generations/list-page';
import { type ResolveCommand, type ResolveOutcome, resolveAll } from '#features/generations/resolve-group';
import { HotPool } from '#platform/database/hot-pool';
import type { HotTx, Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const SWEEP_EVERY_MS = 500;
const REASON = 'Cancelled by the customer, with others';

/** What of one job is done in one transaction, and where it goes on. */
interface Step {
  ids: readonly string[];
  /** Null after the last. */
  next: string | null;
}

/** Does what customers asked to cancel, a hundred generations a transaction. Several may run at once: each takes jobs that no other works on. */
@Injectable()
export class CancellationRuns extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'cancellations', everyMs: SWEEP_EVERY_MS });
  }

  /** Ends when none is open. */
  async sweep(): Promise<void> {
    while (!this.isStopping && (await this.pool.transaction('cancel many', [], step)));
    await this.pool.query(`DELETE FROM cancellations WHERE finished_at < now() - interval '${KEPT_DAYS} days'`);
  }
}

/** The oldest open job goes on by a page. @returns whether there was one */
async function step(tx: HotTx): Promise<boolean> {
  const [job] = await tx.query<JobRow>(CLAIM);
  if (!job) return false;
  const { ids, next } = job.generation_ids ? chosenStep(job.generation_ids, job.cursor) : await matchingStep(tx, job);
  const commands = ids.map(
    (generationId): ResolveCommand => ({ by: 'customer', kind: 'cancel', tenantId: job.tenant_id, generationId, reason: REASON }),
  );
  const outcomes = (commands.length > 0 ? await resolveAll(tx, commands) : []).map(outcomeOf);
  const cancelled = outcomes.filter((outcome) => outcome === 'cancelled').length;
  await tx.query(KEEP_ROWS, [job.tenant_id, job.id, job.done, ids, outcomes]);
  await tx.query(SAVE, [job.tenant_id, job.id, next, cancelled, ids.length - cancelled]);
  return true;
}

function outcomeOf(outcome: ResolveOutcome): CancellationOutcome {
  if ('state' in outcome) return 'cancelled';
  return outcome.refused === 'not_found' ? 'not_there' : 'ended_before';
}

function chosenStep(ids: readonly string[], cursor: string | null): Step {
  const from = Number(cursor ?? 0);
  const to = from + MAX_CANCELLED_AT_ONCE;
  return { ids: ids.slice(from, to), next: to < ids.length ? String(to) : null };
}

async function matchingStep(tx: Tx, { tenant_id, filter, cursor }: JobRow): Promise<Step> {
  const matching = filter as Matching;
  const page = await pageOfIds(tx, tenant_id, {
    ...matching,
    limit: MAX_CANCELLED_AT_ONCE,
    cursor: cursor === null ? undefined : parseCursor(cursor),
  });
  return { ids: page.ids, next: page.nextCursor };
}

interface JobRow {
  tenant_id: string;
  id: string;
  filter: Matching | null;
  generation_ids: string[] | null;
  cursor: string | null;
  /** Generations that it has come to. */
  done: number;
}

const CLAIM = `
  SELECT tenant_id, id, filter, generation_ids, cursor, cancelled_count + ended_before_count AS done FROM cancellations WHERE finished_at IS NULL
   ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`;

const KEEP_ROWS = `
  INSERT INTO cancellation_rows (tenant_id, cancellation_id, place, generation_id, outcome)
  SELECT $1, $2, $3::int + place, generation_id, outcome
    FROM unnest($4::uuid[], $5::text[]) WITH ORDINALITY AS row (generation_id, outcome, place) WHERE $3::int + place <= ${MAX_CANCELLATION_ROWS}`;

const SAVE = `
  UPDATE cancellations
     SET cursor = $3, cancelled_count = cancelled_count + $4, ended_before_count = ended_before_count + $5,
         finished_at = CASE WHEN $3::text IS NULL THEN now() END
   WHERE tenant_id = $1 AND id = $2`;
