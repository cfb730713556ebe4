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

/** Rows that a filtered page looks through, step after step until it is full: a frequent match is cheap, and a page of a rare one still bounded. */
const SCANNED_STEPS: readonly number[] = [5_000, 45_000, 150_000];
/** Rows that a count looks through. */
const MAX_COUNTED = 20_000;

const FORM = /^(\d{1,17})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Undefined for what no page has answered. */
export function parseCursor(text: string): Cursor | undefined {
  const [, createdAtUs, id] = FORM.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  return createdAtUs && id ? { createdAtUs, id } : undefined;
}

function formatCursor({ createdAtUs, id }: Cursor): string {
  return Buffer.from(`${createdAtUs}.${id}`).toString('base64url');
}

/** All but the usual end: they have indexes of their own, and a page of them looks at nothing else. */
const INDEXED_STATES: ReadonlySet<GenerationState> = new Set(['queued', 'admitted', 'running', 'failed', 'cancelled']);

/** Written as literals, since an index of some states serves no parameter. */
function indexedStates({ state, isUnfinished }: Matching): string {
  const ofState = state && INDEXED_STATES.has(state) ? ` AND state = '${state}'` : '';
  return isUnfinished ? `${ofState} AND state IN ('queued', 'admitted', 'running')` : ofState;
}

/** Newest first from a cursor on, at most so many rows, each with whether it matches: what pages and counts are made of. */
const scannedRows = (maxScanned: number, matching: Matching) => `
  SELECT id, state, (extract(epoch FROM created_at) * 1000000)::bigint AS created_at_us,
         ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR model = $5)
           AND ($9::text IS NULL OR service_tier = $9) AND ($10::uuid IS NULL OR project_id = $10)
           AND (NOT $11::boolean OR finished_at IS NULL) AND labels @> $6::jsonb AS matches
    FROM generations
   WHERE tenant_id = $1 AND deleted_at IS NULL${indexedStates(matching)}
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

const US_PER_MS = 1_000;

export interface PageOfIds {
  ids: string[];
  nextCursor: string | null;
  /** Of a page that ended at its bound before it was full: when the last row was created that it looked at. */
  lookedBackTo: Date | null;
}

/** Ids of one page, newest first, by keyset: a page costs the same wherever it is. It may be short, or empty, and still have a next one. */
export async function pageOfIds(tx: Tx, tenantId: string, filter: GenerationFilter, scannedSteps = SCANNED_STEPS): Promise<PageOfIds> {
  const { limit } = filter;
  const ids: string[] = [];
  let { cursor } = filter;
  for (const maxScanned of narrows(filter) ? scannedSteps : [limit + 1]) {
    const found = await scan(tx, tenantId, { ...filter, cursor, limit: limit - ids.length }, maxScanned);
    ids.push(...found.ids);
    cursor = found.next;
    if (!cursor || ids.length === limit) break;
  }
  const lookedBackTo = cursor && ids.length < limit ? new Date(Number(cursor.createdAtUs) / US_PER_MS) : null;
  return { ids, nextCursor: cursor ? formatCursor(cursor) : null, lookedBackTo };
}

/** @returns where to go on; undefined after the last row */
async function scan(
  tx: Tx,
  tenantId: string,
  filter: GenerationFilter,
  maxScanned: number,
): Promise<{ ids: string[]; next: Cursor | undefined }> {
  const { limit } = filter;
  const rows = await tx.query<{ id: string; created_at_us: string; matches: boolean }>(
    `WITH scanned AS (${scannedRows(maxScanned, filter)}), numbered AS (
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
  return { ids: page.map(({ id }) => id), next: stoppedAt && { createdAtUs: stoppedAt.created_at_us, id: stoppedAt.id } };
}

/** How many match, and how many of them are in each state: among the newest `MAX_COUNTED` rows, so that a count costs the same for everybody. */
export async function countsByState(
  tx: Tx,
  tenantId: string,
  matching: Matching,
): Promise<{ counts: Map<GenerationState, number>; exact: boolean }> {
  const rows = await tx.query<{ state: GenerationState | null; matching: number; scanned: number }>(
    `SELECT state, count(*) FILTER (WHERE matches)::int AS matching, sum(count(*)) OVER ()::int AS scanned
       FROM (${scannedRows(MAX_COUNTED, matching)}) AS scanned GROUP BY state`,
    scanParameters(tenantId, matching),
  );
  const counts = new Map(rows.flatMap(({ state, matching: count }) => (state && count > 0 ? [[state, count] as const] : [])));
  return { counts, exact: (rows[0]?.scanned ?? 0) < MAX_COUNTED };
}

export async function countMatching(tx: Tx, tenantId: string, matching: Matching): Promise<Count> {
  const { counts, exact } = await countsByState(tx, tenantId, matching);
  return { value: [...counts.values()].reduce((sum, count) => sum + count, 0), exact };
}
