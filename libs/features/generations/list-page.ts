import type { ServiceTier } from '#core/catalog/service-tiers';
import type { GenerationState } from '#core/generations/state';
import type { Tx } from '#platform/database/tx';

/** Which generations; kept with a cancellation as JSON. */
export interface Matching {
  /** Those that have not ended. */
  isUnfinished?: boolean;
  state?: GenerationState;
  model?: string;
  tier?: ServiceTier;
  projectId?: string;
  /** All must match. */
  labels: Readonly<Record<string, string>>;
  createdAfter?: Date | string;
  createdBefore?: Date | string;
}

export interface GenerationFilter extends Matching {
  limit: number;
  cursor?: Cursor;
}

/** For people: past `MAX_COUNTED` rows it is a lower bound. */
export interface Count {
  value: number;
  exact: boolean;
}

/** The last generation of the page before. Time in microseconds, as Postgres keeps it. */
export interface Cursor {
  createdAtUs: string;
  id: string;
}

/** Rows that a filtered page may look through: a rare match costs several short pages, never a walk through millions of rows. */
const MAX_SCANNED = 5_000;
/** Rows that a count looks through. */
const MAX_COUNTED = 20_000;

const FORM = /^(\d{1,17})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Undefined for what no page has answered. */
export function parseCursor(text: string): Cursor | undefined {
  const [, createdAtUs, id] = FORM.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  return createdAtUs && id ? { createdAtUs, id } : undefined;
}

function formatCursor({ created_at_us, id }: { created_at_us: string; id: string }): string {
  return Buffer.from(`${created_at_us}.${id}`).toString('base64url');
}

/** They have an index of their own: a page of them looks at nothing else. Written as a literal, since an index of some states serves no parameter. */
const RARE_ENDINGS: ReadonlySet<GenerationState> = new Set(['failed', 'cancelled']);

/** Newest first from a cursor on, at most so many rows, each with whether it matches: what pages and counts are made of. */
const scannedRows = (maxScanned: number, state?: GenerationState) => `
  SELECT id, state, (extract(epoch FROM created_at) * 1000000)::bigint AS created_at_us,
         ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR model = $5)
           AND ($9::text IS NULL OR service_tier = $9) AND ($10::uuid IS NULL OR project_id = $10)
           AND (NOT $11::boolean OR finished_at IS NULL) AND labels @> $6::jsonb AS matches
    FROM generations
   WHERE tenant_id = $1 AND deleted_at IS NULL${state && RARE_ENDINGS.has(state) ? ` AND state = '${state}'` : ''}
     AND ($2::bigint IS NULL OR (created_at, id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::uuid))
     AND ($7::timestamptz IS NULL OR created_at > $7) AND ($8::timestamptz IS NULL OR created_at < $8)
   ORDER BY created_at DESC, id DESC LIMIT ${maxScanned}`;

function scanParameters(tenantId: string, filter: Matching & { cursor?: Cursor }): unknown[] {
  const { cursor, state, model, tier, projectId, labels, createdAfter, createdBefore, isUnfinished = false } = filter;
  return [
    ...[tenantId, cursor?.createdAtUs ?? null, cursor?.id ?? null, state ?? null, model ?? null, labels],
    ...[createdAfter ?? null, createdBefore ?? null, tier ?? null, projectId ?? null, isUnfinished],
  ];
}

function narrows({ state, model, tier, projectId, labels, isUnfinished }: Matching): boolean {
  return [state, model, tier, projectId, isUnfinished].some((one) => one !== undefined) || Object.keys(labels).length > 0;
}

/** Ids of one page, newest first, by keyset: a page costs the same wherever it is. */
export async function pageOfIds(tx: Tx, tenantId: string, filter: GenerationFilter): Promise<{ ids: string[]; nextCursor: string | null }> {
  const { limit, state } = filter;
  const maxScanned = narrows(filter) ? MAX_SCANNED : limit + 1;
  const rows = await tx.query<{ id: string; created_at_us: string; matches: boolean }>(
    `WITH scanned AS (${scannedRows(maxScanned, state)}), numbered AS (
       SELECT *, row_number() OVER (ORDER BY created_at_us DESC, id DESC) AS place, count(*) OVER () AS scanned FROM scanned
     )
     SELECT id, created_at_us, matches FROM (
       (SELECT * FROM numbered WHERE matches ORDER BY place LIMIT ${limit + 1})
       UNION ALL
       (SELECT id, state, created_at_us, false, place, scanned FROM numbered WHERE place = ${maxScanned} AND place = scanned)
     ) AS page ORDER BY place, matches DESC`,
    scanParameters(tenantId, filter),
  );
  const matching = rows.filter(({ matches }) => matches);
  const page = matching.slice(0, limit);
  // Either there is one more match, or the scan ended at its bound: the next page goes on where this one stopped.
  const stoppedAt = matching.length > limit ? page.at(-1) : rows.find(({ matches }) => !matches);
  return { ids: page.map(({ id }) => id), nextCursor: stoppedAt ? formatCursor(stoppedAt) : null };
}

/** How many match, and how many of them are in each state: among the newest `MAX_COUNTED` rows, so that a count costs the same for everybody. */
export async function countsByState(
  tx: Tx,
  tenantId: string,
  matching: Matching,
): Promise<{ counts: Map<GenerationState, number>; exact: boolean }> {
  const rows = await tx.query<{ state: GenerationState | null; matching: number; scanned: number }>(
    `SELECT state, count(*) FILTER (WHERE matches)::int AS matching, sum(count(*)) OVER ()::int AS scanned
       FROM (${scannedRows(MAX_COUNTED, matching.state)}) AS scanned GROUP BY state`,
    scanParameters(tenantId, matching),
  );
  const counts = new Map(rows.flatMap(({ state, matching: count }) => (state && count > 0 ? [[state, count] as const] : [])));
  return { counts, exact: (rows[0]?.scanned ?? 0) < MAX_COUNTED };
}

export async function countMatching(tx: Tx, tenantId: string, matching: Matching): Promise<Count> {
  const { counts, exact } = await countsByState(tx, tenantId, matching);
  return { value: [...counts.values()].reduce((sum, count) => sum + count, 0), exact };
}
