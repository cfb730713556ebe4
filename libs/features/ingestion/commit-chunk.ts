import { burnDry } from '#core/ingestion/dry-run-funds';
import { withRows } from '#core/ingestion/row-kinds';
import type { TenantAccounts, Transfer } from '#core/ledger/accounts';
import { recordEvents } from '#features/events/events.service';
import { insertStagedRows, stageRows } from '#features/generations/batch-rows.service';
import { areCounted, readLimits, tellOfBudgets } from '#features/ingestion/batch-limits';
import { less, pricedRows, reasonOf, reserved, stillCovers, unlimited, without } from '#features/ingestion/chunk-cover';
import { factsOf, MOVE_BATCH, pausedEvent, queuesOf, writeFacts } from '#features/ingestion/chunk-facts';
import { type Chunk, kindsOf, type StagedChunk, stagedFrom } from '#features/ingestion/chunk-rows';
import { type ClaimedBatch, storedDryRunFunds } from '#features/ingestion/claim';
import { lockAccounts, peekAccounts } from '#features/ledger/movements.service';
import { spendingCte } from '#features/ledger/spending.service';
import type { LoaderPool, LoaderTx } from '#platform/database/loader-pool';

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
    rowKinds: withRows(batch.rowKinds, kindsOf(accepted)),
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
    JSON.stringify(after.rowKinds),
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

async function accountsOf(tx: LoaderTx, tenantId: string, lock: boolean): Promise<TenantAccounts> {
  const accounts = (await (lock ? lockAccounts : peekAccounts)(tx, [tenantId])).get(tenantId);
  if (!accounts) throw new Error(`tenant ${tenantId} has no accounts`);
  return accounts;
}
