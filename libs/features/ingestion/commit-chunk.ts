import { hash } from 'node:crypto';
import { MAX_SEED } from '#core/generations/limits';
import { burnDry, type DryRunFunds } from '#core/ingestion/dry-run-funds';
import { type PricedRow, type ReservedPrefix, reservePrefix } from '#core/ingestion/reserve-prefix';
import { rowIdOf } from '#core/ingestion/row-ids';
import type { TenantAccounts, Transfer } from '#core/ledger/accounts';
import { formatCredits } from '#core/ledger/credits';
import { recordEvents } from '#features/events/events.service';
import { insertStagedRows, type RowShape, type StagedRow, stageRows } from '#features/generations/batch-rows.service';
import { areCounted, type BatchLimits, readLimits, tellOfBudgets } from '#features/ingestion/batch-limits';
import { type ClaimedBatch, storedDryRunFunds } from '#features/ingestion/claim';
import type { RowWish } from '#features/ingestion/row-wish';
import type { BatchRow } from '#features/ingestion/source-rows';
import { lockAccounts, peekAccounts } from '#features/ledger/movements.service';
import { spendingCte } from '#features/ledger/spending.service';
import type { LoaderPool, LoaderTx } from '#platform/database/loader-pool';

/** Rows to be committed together, and whether the source ends with them. */
export interface Chunk {
  rows: readonly BatchRow[];
  isLast: boolean;
  /** Why the source was not read to its end. */
  endReason: string | null;
}

/** Someone paused or cancelled the batch, or another worker loads it: nothing of the chunk was written. */
export class BatchMoved extends Error {
  constructor() {
    super('the batch is not where this worker left it');
    this.name = 'BatchMoved';
  }
}

/** The credits or budgets that the chunk was decided by are not there any more, or cannot be read beside the chunk's own rows. */
class FundsMoved extends Error {}

/** The chunk before came out as the last one, against what it was decided to be: nothing of this one may stay. */
class NotWanted extends Error {}

/** A chunk on its way: what it was decided to be, which is known earlier, and that it is committed. Null when nothing shall follow it. */
export interface ChunkOnItsWay {
  decided: Promise<Decided | null>;
  committed: Promise<ClaimedBatch | null>;
}

/** The batch as it will stand once a chunk is committed. */
interface Decided {
  batch: ClaimedBatch;
  /** Of the chunk: perhaps not in the balances yet. */
  transfers: readonly Transfer[];
}

/** What a load begins behind. */
export function nothingOnItsWay(batch: ClaimedBatch): ChunkOnItsWay {
  return { decided: Promise.resolve({ batch, transfers: [] }), committed: Promise.resolve(batch) };
}

/**
 * Reserves, inserts and announces the affordable prefix of a chunk in one transaction, and moves the watermark with it.
 *
 * A chunk that is covered is decided by the balances as they are, less what the chunk before takes of them, and inserted while that one is
 * being committed. Only then the accounts are locked, looked at again and moved, so that requests of the same tenant wait for a few
 * milliseconds and not for thousands of rows. What is not covered so, or not any more, is decided under the lock.
 * @throws by its promises: BatchMoved, DatabaseUnavailable, what the chunk before failed with
 */
export function commitChunk(
  pool: LoaderPool,
  { tenantId, id, isDryRun }: Pick<ClaimedBatch, 'tenantId' | 'id' | 'isDryRun'>,
  before: ChunkOnItsWay,
  chunk: Chunk,
): ChunkOnItsWay {
  const staged = stagedFrom(id, chunk);
  const decided = Promise.withResolvers<Decided | null>();
  const attempt = (lockFirst: boolean) =>
    pool.transaction('batch chunk', tenantId, async (tx) => {
      if (!isDryRun && staged.staged.length > 0) await stageRows(tx, staged.staged);
      const standing = lockFirst ? await committedOf(before) : await before.decided;
      return standing && commit(tx, standing, before.committed, { ...chunk, ...staged }, lockFirst, decided.resolve);
    });
  const committed = attempt(false)
    .catch((error: unknown) => {
      if (error instanceof FundsMoved) return attempt(true);
      throw error;
    })
    .catch((error: unknown) => {
      if (error instanceof NotWanted) return null;
      throw error;
    });
  committed.then(() => decided.resolve(null), decided.reject);
  for (const promise of [decided.promise, committed]) promise.catch(() => {}); // told to whoever waits for it
  return { decided: decided.promise, committed };
}

async function committedOf({ committed }: ChunkOnItsWay): Promise<Decided | null> {
  const batch = await committed;
  return batch && { batch, transfers: [] };
}

type WishedRow = BatchRow & { wish: RowWish };

async function commit(
  tx: LoaderTx,
  standing: Decided,
  before: Promise<ClaimedBatch | null>,
  { rows, isLast, endReason, wished, shapes, staged }: Chunk & StagedChunk,
  lockFirst: boolean,
  tell: (decided: Decided | null) => void,
): Promise<ClaimedBatch | null> {
  const { batch } = standing;
  const accounts = without(await accountsOf(tx, batch.tenantId, lockFirst), standing.transfers);
  let limits = less(await readLimits(tx, batch), standing.transfers);
  const dryRunFunds = batch.isDryRun ? burnDry(accounts, pricedRows(wished, batch), new Date(), batch.dryRunFunds) : batch.dryRunFunds;
  const prefix = batch.isDryRun ? unlimited(accounts, wished, batch, limits, dryRunFunds) : reserved(accounts, wished, batch, limits);
  const accepted = wished.slice(0, prefix.parts.length);
  const firstUncovered = wished[prefix.parts.length];
  const isCovered = firstUncovered === undefined;
  if (!lockFirst && !batch.isDryRun && !(isCovered && areCounted(limits))) throw new FundsMoved();
  const taken = isCovered ? rows : rows.slice(0, rows.indexOf(firstUncovered));
  const after = {
    ...batch,
    committedChunk: batch.committedChunk + 1,
    committedRow: taken.at(-1)?.rowNumber ?? batch.committedRow,
    priceMicro: batch.priceMicro + prefix.totalMicro,
    dryRunFunds,
  };
  const hasStopped = !isCovered || isLast;
  tell(hasStopped ? null : { batch: after, transfers: prefix.transfers });
  const isQueued = !batch.isDryRun && accepted.length > 0;
  if (isQueued) await insertStagedRows(tx, { ...batch, batchId: batch.id }, shapes, staged.slice(0, accepted.length), prefix.parts);

  if (!(await before)) throw new NotWanted();
  if (!batch.isDryRun && (prefix.transfers.length > 0 || limits.caps.length > 0)) {
    if (!lockFirst) {
      const locked = await accountsOf(tx, batch.tenantId, true);
      limits = await readLimits(tx, batch);
      if (!stillCovers(locked, limits, prefix)) throw new FundsMoved();
    }
    await tellOfBudgets(tx, limits, batch.tenantId, prefix.totalMicro + (firstUncovered?.wish.priceMicro ?? 0n));
  }
  const refusals = taken.filter((row) => 'refusal' in row);
  const moved = await tx.prepared<{ accepted_rows: number }>('move batch', MOVE_BATCH, [
    batch.tenantId,
    batch.id,
    batch.committedChunk,
    after.committedRow,
    accepted.length,
    refusals.length,
    prefix.totalMicro,
    accepted.reduce((sum, { wish }) => sum + wish.quote.burnLaneMs, 0),
    isCovered ? (isLast ? 'loaded' : 'loading') : 'uncovered',
    isCovered ? (endReason ?? (isLast ? reasonOf(prefix) : null)) : reasonOf(prefix),
    prefix.missingMicro,
    batch.isDryRun ? storedDryRunFunds(dryRunFunds) : null,
  ]);
  const watermark = moved[0];
  if (!watermark) throw new BatchMoved();
  if (!isCovered) await recordEvents(tx, [pausedEvent(batch, prefix, watermark.accepted_rows)]);
  const facts = factsOf(batch, prefix, refusals, isQueued ? queuesOf(shapes) : []);
  const counted = spendingCte(
    facts.length + 1,
    limits.spending,
    prefix.transfers.length > 0 ? [{ spender: { ...batch, caps: limits.caps }, priceMicro: prefix.totalMicro }] : [],
  );
  tx.last(counted ? 'chunk facts, count spending' : 'chunk facts', writeFacts(counted?.sql), [...facts, ...(counted?.parameters ?? [])]);
  return hasStopped ? null : after;
}

/** The balances once these transfers are in them; where they are already, a little less than there is. */
function without(accounts: TenantAccounts, transfers: readonly Transfer[]): TenantAccounts {
  if (transfers.length === 0) return accounts;
  const taken = new Map(transfers.map(({ debitAccountId, amountMicro }) => [debitAccountId, amountMicro]));
  return {
    ...accounts,
    available: accounts.available.map((account) => {
      const leftMicro = account.balanceMicro - (taken.get(account.id) ?? 0n);
      return { ...account, balanceMicro: leftMicro > 0n ? leftMicro : 0n };
    }),
  };
}

function less(limits: BatchLimits, transfers: readonly Transfer[]): BatchLimits {
  const takenMicro = transfers.reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  // The batch's own budget is read less them: it is the batch's price that they are in.
  return {
    ...limits,
    limits: limits.limits.map((limit) => (limit.name === 'batch_budget' ? limit : { ...limit, leftMicro: limit.leftMicro - takenMicro })),
  };
}

async function accountsOf(tx: LoaderTx, tenantId: string, lock: boolean): Promise<TenantAccounts> {
  const accounts = (await (lock ? lockAccounts : peekAccounts)(tx, [tenantId])).get(tenantId);
  if (!accounts) throw new Error(`tenant ${tenantId} has no accounts`);
  return accounts;
}

function reserved(accounts: TenantAccounts, rows: readonly WishedRow[], batch: ClaimedBatch, { limits }: BatchLimits): ReservedPrefix {
  return reservePrefix(accounts, pricedRows(rows, batch), new Date(), limits);
}

function pricedRows(rows: readonly WishedRow[], { projectId }: ClaimedBatch): PricedRow[] {
  return rows.map(({ wish: { priceMicro, modelFamily } }) => ({ priceMicro, purpose: { projectId, modelFamily } }));
}

/**
 * A dry run asks what everything would cost, and reserves nothing. What is missing is told for all rows so far, and named after what is
 * scarcest.
 */
function unlimited(
  accounts: TenantAccounts,
  rows: readonly WishedRow[],
  { priceMicro: priceSoFarMicro }: ClaimedBatch,
  { limits }: BatchLimits,
  funds: DryRunFunds,
): ReservedPrefix {
  const totalMicro = rows.reduce((sum, { wish }) => sum + wish.priceMicro, 0n);
  const missing = [
    { name: 'credits' as const, missingMicro: funds.missingMicro },
    // The batch's own budget is told less what the batch has cost so far; the others know nothing of a dry run.
    ...limits.map(({ name, leftMicro }) => {
      return { name, missingMicro: totalMicro - leftMicro + (name === 'batch_budget' ? 0n : priceSoFarMicro) };
    }),
  ].reduce((most, one) => (one.missingMicro > most.missingMicro ? one : most));
  const isMissing = missing.missingMicro > 0n;
  return {
    parts: rows.map(() => []),
    transfers: [],
    accounts,
    totalMicro,
    missingMicro: isMissing ? missing.missingMicro : 0n,
    endedBy: isMissing ? missing.name : null,
  };
}

function stillCovers({ available }: TenantAccounts, { limits }: BatchLimits, { transfers, totalMicro }: ReservedPrefix): boolean {
  return (
    limits.every(({ leftMicro }) => totalMicro === 0n || totalMicro <= leftMicro) &&
    transfers.every(
      ({ debitAccountId, amountMicro }) => (available.find(({ id }) => id === debitAccountId)?.balanceMicro ?? -1n) >= amountMicro,
    )
  );
}

interface Queue {
  poolClass: string;
  tier: string;
}

/** @returns the queues that rows of these shapes are in */
function queuesOf(shapes: readonly RowShape[]): Queue[] {
  const queues = new Map(shapes.map((shape) => [`${shape.pool_class} ${shape.service_tier}`, shape]));
  return [...queues.values()].map(({ pool_class, service_tier }) => ({ poolClass: pool_class, tier: service_tier }));
}

interface StagedChunk {
  wished: readonly WishedRow[];
  shapes: readonly RowShape[];
  /** One for each that is wished, in their order. */
  staged: readonly StagedRow[];
}

function stagedFrom(batchId: string, { rows }: Chunk): StagedChunk {
  const wished = rows.filter((row): row is WishedRow => 'wish' in row);
  const shapes: RowShape[] = [];
  const shapeNumbers = new Map<string, number>();
  const staged = wished.map(({ rowNumber, content, wish }): StagedRow => {
    const key = shapeKeyOf(wish);
    let shape = shapeNumbers.get(key);
    if (shape === undefined) {
      shape = shapes.push(shapeOf(wish)) - 1;
      shapeNumbers.set(key, shape);
    }
    const contentSha256 = hash('sha256', content);
    return {
      rowNumber,
      id: rowIdOf(batchId, rowNumber),
      shape,
      prompt: wish.prompt,
      seed: wish.seed ?? seedOf(contentSha256, rowNumber),
      request: wish.echo,
      contentSha256,
    };
  });
  return { wished, shapes, staged };
}

/** The same row of the same batch draws the same media, however often it is loaded; equal rows draw different ones. */
function seedOf(contentSha256: string, rowNumber: number): number {
  return (Number.parseInt(contentSha256.slice(0, 8), 16) ^ Math.imul(rowNumber, 0x9e3779b1)) & MAX_SEED;
}

function shapeKeyOf({ surface, quote, tier, priority, startBy, completeBy, labels, callbackUrl }: RowWish): string {
  const { output } = quote;
  const form = output.kind === 'image' ? output.format : '';
  return `${surface}|${quote.model}|${quote.outputKey}|${output.widthPx}x${output.heightPx}${form}|${tier}|${priority}|${startBy}|${completeBy}|${callbackUrl}|${textOfLabels(labels)}`;
}

const NONE = '';
function textOfLabels(labels: Readonly<Record<string, string>>): string {
  for (const _ in labels) return JSON.stringify(labels);
  return NONE;
}

function shapeOf({ surface, quote, tier, priority, startBy, completeBy, labels, callbackUrl, priceMicro }: RowWish): RowShape {
  return {
    surface,
    kind: quote.output.kind,
    model: quote.model,
    pool_class: quote.poolClass,
    output: quote.output,
    output_key: quote.outputKey,
    stages: quote.stages,
    gang_lanes: quote.gangLanes,
    service_tier: tier,
    priority,
    start_by: startBy,
    complete_by: completeBy,
    labels,
    price_micro: priceMicro.toString(),
    burn_lane_ms: quote.burnLaneMs,
    rate_card_version: quote.rateCardVersion,
    callback_url: callbackUrl,
  };
}

/** What a batch that did not get all of its rows says of it. */
const REASONS = {
  credits: 'insufficient_credits',
  batch_budget: 'budget_reached',
  project_budget: 'project_budget_reached',
  key_cap: 'key_cap_reached',
} as const satisfies Record<NonNullable<ReservedPrefix['endedBy']>, string>;

/** Null when all is covered. */
export function reasonOf({ endedBy }: Pick<ReservedPrefix, 'endedBy'>): (typeof REASONS)[keyof typeof REASONS] | null {
  return endedBy && REASONS[endedBy];
}

function pausedEvent(batch: ClaimedBatch, prefix: ReservedPrefix, rowsAccepted: number) {
  return {
    tenantId: batch.tenantId,
    type: 'batch.paused' as const,
    data: {
      batchId: batch.id,
      reason: reasonOf(prefix) as NonNullable<ReturnType<typeof reasonOf>>,
      rowsAccepted,
      missingCredits: formatCredits(prefix.missingMicro),
    },
  };
}

const MOVE_BATCH = `
  UPDATE batches
     SET committed_chunk = committed_chunk + 1, committed_row = $4, accepted_rows = accepted_rows + $5, refused_rows = refused_rows + $6,
         price_micro = price_micro + $7, burn_lane_ms = burn_lane_ms + $8, missing_micro = $11, dry_run_funds = $12::jsonb, work_attempts = 0,
         worker_until = CASE WHEN $9 = 'loading' THEN now() + interval '10 seconds' END,
         work = CASE WHEN $9 = 'loading' THEN work END,
         state = CASE $9 WHEN 'loading' THEN state WHEN 'uncovered' THEN 'paused' ELSE CASE WHEN is_dry_run THEN 'completed' ELSE 'running' END END,
         state_reason = $10,
         loaded_at = CASE WHEN $9 = 'loaded' THEN now() END,
         finished_at = CASE WHEN $9 = 'loaded' AND is_dry_run THEN now() END
   WHERE tenant_id = $1 AND id = $2 AND committed_chunk = $3 AND state = 'validating' AND work = 'load'
  RETURNING accepted_rows`;

const writeFacts = (counted: string | undefined) => `
  WITH moved AS (
    UPDATE accounts a SET balance_micro = a.balance_micro + v.change_micro
      FROM unnest($4::uuid[], $5::bigint[]) AS v (id, change_micro)
     WHERE a.tenant_id = $1 AND a.id = v.id
  ), written AS (
    INSERT INTO transfers (tenant_id, batch_id, chunk, debit_account_id, credit_account_id, amount_micro, code, leg)
    SELECT $1, $2, $3, t.debit, t.credit, t.amount, 'reserve', t.leg
      FROM unnest($6::uuid[], $7::uuid[], $8::bigint[], $9::smallint[]) AS t (debit, credit, amount, leg)
  ), refused AS (
    INSERT INTO batch_errors (tenant_id, batch_id, row_number, line, field, reason)
    SELECT $1, $2, e.row_number, e.line, e.field, e.reason
      FROM unnest($10::integer[], $11::integer[], $12::text[], $13::text[]) AS e (row_number, line, field, reason)
  ), announced AS (
    INSERT INTO outbox (consumer, topic, tenant_id, batch_id, chunk, leg, pool_class, payload, traceparent)
    SELECT 'scheduler', 'batch_queued', $1, $2, $3, q.leg, q.pool_class, jsonb_build_object('tier', q.tier), $16
      FROM unnest($14::text[], $15::text[]) WITH ORDINALITY AS q (pool_class, tier, leg)
  )${counted ? `, ${counted}` : ''}
  SELECT pg_notify('halogen_scheduler', ''), pg_notify('halogen_batch_progress', '')`;

function factsOf(batch: ClaimedBatch, prefix: ReservedPrefix, refusals: readonly BatchRow[], queues: readonly Queue[]): unknown[] {
  const { transfers, accounts, totalMicro } = prefix;
  const errors = refusals.flatMap((row) => ('refusal' in row ? [{ ...row.refusal, rowNumber: row.rowNumber, line: row.line }] : []));
  const isMoved = transfers.length > 0;
  return [
    batch.tenantId,
    batch.id,
    batch.committedChunk + 1,
    isMoved ? [...transfers.map(({ debitAccountId }) => debitAccountId), accounts.reserved.id] : [],
    isMoved ? [...transfers.map(({ amountMicro }) => -amountMicro), totalMicro] : [],
    transfers.map(({ debitAccountId }) => debitAccountId),
    transfers.map(({ creditAccountId }) => creditAccountId),
    transfers.map(({ amountMicro }) => amountMicro),
    transfers.map(({ leg }) => leg),
    errors.map(({ rowNumber }) => rowNumber),
    errors.map(({ line }) => line),
    errors.map(({ field }) => field),
    errors.map(({ reason }) => reason),
    queues.map(({ poolClass }) => poolClass),
    queues.map(({ tier }) => tier),
    batch.traceparent,
  ];
}
