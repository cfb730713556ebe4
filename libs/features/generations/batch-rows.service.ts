import type { Recipe } from '#core/generations/recipe';
import type { ReservedPart } from '#core/ledger/accounts';
import { reservedParts, storedParts } from '#features/generations/reserved-parts';
import { resolveAll } from '#features/generations/resolve-group';
import { plainArray } from '#platform/database/array-literals';
import type { LoaderTx } from '#platform/database/loader-pool';
import type { HotTx, Tx } from '#platform/database/tx';

/** What rows of a batch have in common: a million of them have few different ones, so each is sent once a chunk. */
export interface RowShape {
  surface: 'native' | 'dream_machine';
  kind: 'image' | 'video';
  model: string;
  pool_class: string;
  output: object;
  output_key: string;
  stages: readonly string[];
  gang_lanes: number;
  service_tier: string;
  priority: number;
  start_by: string | null;
  complete_by: string | null;
  labels: Readonly<Record<string, string>>;
  price_micro: string;
  burn_lane_ms: number;
  rate_card_version: number;
  callback_url: string | null;
}

/** One row, ready to become a generation. */
export interface StagedRow {
  rowNumber: number;
  id: string;
  shape: number;
  prompt: string;
  seed: number;
  /** Null: a new picture or clip from its prompt alone. */
  recipe: Recipe | null;
  /** Echo of the row. */
  request: Record<string, unknown>;
  /** 32 bytes as hex. */
  contentSha256: string;
}

/** What all rows of a chunk share. */
export interface ChunkOrigin {
  tenantId: string;
  batchId: string;
  apiKeyId: string;
  projectId: string | null;
  traceparent: string | null;
}

/**
 * Rows are copied here and then selected from here, since COPY knows no row-level security. Temporary: it belongs to its connection, nobody
 * else can see it, and every commit empties it.
 */
export const STAGING_TABLE = `
  CREATE TEMPORARY TABLE staged_rows (
    row_number integer, id uuid, shape integer, seed bigint, content_sha256 bytea, prompt text, request jsonb, recipe jsonb
  ) ON COMMIT DELETE ROWS`;

const COPY = 'COPY staged_rows FROM STDIN';
/** Rows that are handed to the driver at once. */
const ROWS_PER_PIECE = 500;

/** Sends rows to the database, without a decision about any of them: nothing is locked and nobody else can see them. */
export async function stageRows(tx: LoaderTx, rows: readonly StagedRow[]): Promise<void> {
  await tx.copy(COPY, piecesOf(rows));
}

/**
 * Queues the first of the rows that were staged, priced and paid for by this transaction. A row that was inserted before fails it: the
 * watermark says what was.
 * @param rows those that are queued @param parts what each of them holds; one object for neighbours that hold the same
 */
export async function insertStagedRows(
  tx: LoaderTx,
  origin: ChunkOrigin,
  shapes: readonly RowShape[],
  rows: readonly StagedRow[],
  parts: readonly (readonly ReservedPart[])[],
): Promise<void> {
  const first = rows[0]?.rowNumber as number;
  const last = rows.at(-1)?.rowNumber as number;
  const distinct = new Map<readonly ReservedPart[], number>();
  // By row number, so that a row finds its own without a join; the numbers of refused rows stay empty.
  const partsOfRow = new Array<number>(last - first + 1).fill(0);
  for (const [at, { rowNumber }] of rows.entries()) {
    const ofRow = parts[at] as readonly ReservedPart[];
    const place = distinct.get(ofRow) ?? distinct.size + 1;
    distinct.set(ofRow, place);
    partsOfRow[rowNumber - first] = place;
  }
  await tx.prepared('insert batch rows', INSERT_ROWS, [
    origin.tenantId,
    origin.batchId,
    origin.apiKeyId,
    origin.projectId,
    origin.traceparent,
    JSON.stringify(shapes.map((shape, at) => ({ shape: at, ...shape }))),
    first,
    last,
    plainArray(partsOfRow),
    [...distinct.keys()].map((held) => JSON.stringify(storedParts(held))),
  ]);
}

const INSERT_ROWS = `
  WITH shapes AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($6::jsonb) AS h (
      shape integer, surface text, kind text, model text, pool_class text, output jsonb, output_key text, stages text[], gang_lanes smallint,
      service_tier text, priority smallint, start_by timestamptz, complete_by timestamptz, labels jsonb, price_micro bigint,
      burn_lane_ms integer, rate_card_version integer, callback_url text)
  )
  INSERT INTO generations (tenant_id, batch_id, api_key_id, project_id, traceparent, row_number, id, seed, row_sha256, prompt, request,
                           surface, kind, model, pool_class, output, output_key, stages, gang_lanes, service_tier, priority, start_by,
                           complete_by, labels, price_micro, burn_lane_ms, rate_card_version, callback_url, recipe, reserved, state)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::text, s.row_number, s.id, s.seed, s.content_sha256, s.prompt, s.request,
         h.surface, h.kind, h.model, h.pool_class, h.output, h.output_key, h.stages, h.gang_lanes, h.service_tier, h.priority, h.start_by,
         h.complete_by, h.labels, h.price_micro, h.burn_lane_ms, h.rate_card_version, h.callback_url, s.recipe,
         ($10::jsonb[])[($9::integer[])[s.row_number - $7::integer + 1]], 'queued'
    FROM staged_rows s JOIN shapes h ON h.shape = s.shape
   WHERE s.row_number <= $8
   ORDER BY s.row_number`;

function* piecesOf(rows: readonly StagedRow[]): Generator<string> {
  for (let from = 0; from < rows.length; from += ROWS_PER_PIECE) {
    let piece = '';
    const to = Math.min(from + ROWS_PER_PIECE, rows.length);
    for (let at = from; at < to; at += 1) {
      const { rowNumber, id, shape, seed, contentSha256, prompt, request, recipe } = rows[at] as StagedRow;
      piece += `${rowNumber}\t${id}\t${shape}\t${seed}\t\\\\x${contentSha256}\t${escaped(prompt)}\t${escaped(JSON.stringify(request))}\t${recipe === null ? '\\N' : escaped(JSON.stringify(recipe))}\n`;
    }
    yield piece;
  }
}

const SPECIAL = /[\\\t\n\r]/;
const ALL_SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** COPY's text format: a backslash, a tab and line ends are written as escapes. */
function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replace(ALL_SPECIAL, (character) => ESCAPES[character] as string) : text;
}

/** Rows of a batch by their numbers: behind `afterRow`, up to `uptoRow`. */
export interface RowRange {
  tenantId: string;
  batchId: string;
  afterRow: number;
  uptoRow: number;
}

/** Holds back, or lets go of, rows that wait. @returns the queues they are in */
export async function holdRows(tx: Tx, range: RowRange, isHeld: boolean): Promise<{ poolClass: string; tier: string }[]> {
  return tx.query(
    `WITH locked AS MATERIALIZED (
       SELECT tenant_id, id FROM generations WHERE ${IN_RANGE} AND state = 'queued' AND is_held <> $5 ORDER BY id FOR NO KEY UPDATE
     ), changed AS (
       UPDATE generations g SET is_held = $5 FROM locked l WHERE g.tenant_id = l.tenant_id AND g.id = l.id
       RETURNING g.pool_class, g.service_tier
     )
     SELECT DISTINCT pool_class AS "poolClass", service_tier AS tier FROM changed`,
    [...parametersOf(range), isHeld],
  );
}

/**
 * Cancels rows that wait: their states and resolutions at once, and a callback where one is owed. The accounts are locked before.
 * @returns what they held of which grant, together
 */
export async function cancelWaitingRows(tx: Tx, range: RowRange, reason: string): Promise<{ rows: number; parts: ReservedPart[] }> {
  const [ended] = await tx.query<{ rows: number; parts: [string, string, string][] | null }>(
    `WITH locked AS MATERIALIZED (
       SELECT tenant_id, id, fence, price_micro, reserved, callback_url, pool_class, traceparent, project_id, api_key_id, created_at FROM generations
        WHERE ${IN_RANGE} AND state = 'queued' ORDER BY id FOR UPDATE
     ), ended AS (
       UPDATE generations g SET state = 'cancelled', finished_at = now(), failure_reason = $5
         FROM locked l WHERE g.tenant_id = l.tenant_id AND g.id = l.id
     ), resolved AS (
       INSERT INTO resolutions (tenant_id, generation_id, kind, fence, settled_micro, released_micro)
       SELECT tenant_id, id, 'release', fence, 0, price_micro FROM locked
     ), told AS (
       INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class, traceparent)
       SELECT 'delivery', 'failed', tenant_id, id, pool_class, traceparent FROM locked WHERE callback_url IS NOT NULL
     ), held AS (
       SELECT part ->> 0 AS grant_id, part ->> 1 AS account_id, sum((part ->> 2)::bigint)::text AS amount
         FROM locked, jsonb_array_elements(reserved) AS part GROUP BY 1, 2
     ), uncounted AS (
       UPDATE spending_months s SET used_micro = greatest(s.used_micro - r.returned_micro, 0)
         FROM (SELECT l.tenant_id, subject.id, date_trunc('month', l.created_at AT TIME ZONE 'UTC')::date AS month,
                      sum((part ->> 2)::bigint) AS returned_micro
                 FROM locked l CROSS JOIN jsonb_array_elements(l.reserved) AS part
                CROSS JOIN LATERAL unnest(ARRAY[l.project_id, l.api_key_id]) AS subject (id)
                GROUP BY 1, 2, 3) AS r
        WHERE s.tenant_id = r.tenant_id AND s.subject_id = r.id AND s.month = r.month
     )
     SELECT (SELECT count(*)::int FROM locked) AS rows,
            (SELECT jsonb_agg(jsonb_build_array(grant_id, account_id, amount)) FROM held) AS parts`,
    [...parametersOf(range), reason],
  );
  return { rows: ended?.rows ?? 0, parts: reservedParts(ended?.parts ?? []) };
}

/** Cancels rows that have a lease, one by one in one transaction. */
export async function cancelRunningRows(tx: HotTx, range: RowRange, reason: string): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM generations WHERE ${IN_RANGE} AND state IN ('admitted', 'running')`,
    parametersOf(range),
  );
  if (rows.length === 0) return;
  const { tenantId } = range;
  await resolveAll(
    tx,
    rows.map(({ id }) => ({ by: 'customer', kind: 'cancel', tenantId, generationId: id, reason })),
  );
}

/** A row that failed, to be priced as it was. */
export interface FailedRow {
  id: string;
  rowNumber: number;
  model: string;
  priceMicro: bigint;
}

export async function lockFailedRows(tx: Tx, range: RowRange): Promise<FailedRow[]> {
  const rows = await tx.query<{ id: string; row_number: number; model: string; price_micro: string }>(
    `SELECT id, row_number, model, price_micro FROM generations WHERE ${IN_RANGE} AND state = 'failed' AND erased_at IS NULL ORDER BY id FOR UPDATE`,
    parametersOf(range),
  );
  return rows
    .map(({ id, row_number, model, price_micro }) => ({ id, rowNumber: row_number, model, priceMicro: BigInt(price_micro) }))
    .sort((one, other) => one.rowNumber - other.rowNumber);
}

/** Rows that failed and of which nothing is kept any more: there is nothing to ask for again. */
export async function erasedFailedRows(tx: Tx, range: RowRange): Promise<number[]> {
  const rows = await tx.query<{ row_number: number }>(
    `SELECT row_number FROM generations WHERE ${IN_RANGE} AND state = 'failed' AND erased_at IS NOT NULL ORDER BY row_number`,
    parametersOf(range),
  );
  return rows.map(({ row_number }) => row_number);
}

/** Puts a new generation in the place of each failed one, as it was asked for. @param parts what each holds now */
export async function replaceFailedRows(
  tx: Tx,
  { tenantId, batchId }: RowRange,
  rows: readonly FailedRow[],
  parts: readonly (readonly ReservedPart[])[],
): Promise<{ poolClass: string; tier: string }[]> {
  // Two statements: a unique index is asked at every row, before a later part of the statement could have made room.
  const ids = rows.map(({ id }) => id);
  await tx.query('UPDATE generations SET row_number = NULL WHERE tenant_id = $1 AND id = ANY ($2::uuid[])', [tenantId, ids]);
  return tx.query(
    `WITH again AS (
       INSERT INTO generations (tenant_id, id, batch_id, row_number, reserved, state, ${SAME_COLUMNS})
       SELECT g.tenant_id, uuidv7(), $2, v.row_number, v.reserved, 'queued', ${SAME_COLUMNS.split(', ')
         .map((column) => `g.${column}`)
         .join(', ')}
         FROM unnest($3::uuid[], $4::integer[], $5::jsonb[]) AS v (id, row_number, reserved)
         JOIN generations g ON g.tenant_id = $1 AND g.id = v.id
        ORDER BY v.row_number
       RETURNING pool_class, service_tier
     )
     SELECT DISTINCT pool_class AS "poolClass", service_tier AS tier FROM again`,
    [tenantId, batchId, ids, rows.map(({ rowNumber }) => rowNumber), parts.map((ofRow) => JSON.stringify(storedParts(ofRow)))],
  );
}

/** What a generation that is asked for again has in common with the first. */
const SAME_COLUMNS =
  'api_key_id, project_id, traceparent, row_sha256, seed, prompt, request, surface, kind, model, pool_class, output, output_key, stages, gang_lanes, ' +
  'service_tier, priority, start_by, complete_by, labels, price_micro, burn_lane_ms, rate_card_version, callback_url, recipe';

const IN_RANGE = 'tenant_id = $1 AND batch_id = $2 AND row_number > $3 AND row_number <= $4';

function parametersOf({ tenantId, batchId, afterRow, uptoRow }: RowRange): unknown[] {
  return [tenantId, batchId, afterRow, uptoRow];
}
