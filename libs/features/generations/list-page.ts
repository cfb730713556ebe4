import type { EntityManager } from 'typeorm';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { GenerationState } from '#core/generations/state';

export interface GenerationFilter {
  limit: number;
  cursor?: Cursor;
  state?: GenerationState;
  model?: string;
  tier?: ServiceTier;
  projectId?: string;
  /** All must match. */
  labels: Readonly<Record<string, string>>;
  createdAfter?: Date;
  createdBefore?: Date;
}

/** The last generation of the page before. Time in microseconds, as Postgres keeps it. */
export interface Cursor {
  createdAtUs: string;
  id: string;
}

/** Rows that a filtered page may look through: a rare match costs several short pages, never a walk through millions of rows. */
const MAX_SCANNED = 5_000;

const FORM = /^(\d{1,17})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Undefined for what no page has answered. */
export function parseCursor(text: string): Cursor | undefined {
  const [, createdAtUs, id] = FORM.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  return createdAtUs && id ? { createdAtUs, id } : undefined;
}

function formatCursor({ created_at_us, id }: { created_at_us: string; id: string }): string {
  return Buffer.from(`${created_at_us}.${id}`).toString('base64url');
}

/** Ids of one page, newest first, by keyset: a page costs the same wherever it is. */
export async function pageOfIds(
  tx: EntityManager,
  tenantId: string,
  filter: GenerationFilter,
): Promise<{ ids: string[]; nextCursor: string | null }> {
  const { limit, cursor, state, model, tier, projectId, labels, createdAfter, createdBefore } = filter;
  const isFiltered = [state, model, tier, projectId].some((one) => one !== undefined) || Object.keys(labels).length > 0;
  const maxScanned = isFiltered ? MAX_SCANNED : limit + 1;
  const rows = await tx.query<{ id: string; created_at_us: string; matches: boolean }[]>(
    `WITH scanned AS (
       SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint AS created_at_us,
              ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR model = $5)
                AND ($9::text IS NULL OR service_tier = $9) AND ($10::uuid IS NULL OR project_id = $10) AND labels @> $6::jsonb AS matches
         FROM generations
        WHERE tenant_id = $1 AND deleted_at IS NULL
          AND ($2::bigint IS NULL OR (created_at, id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::uuid))
          AND ($7::timestamptz IS NULL OR created_at > $7) AND ($8::timestamptz IS NULL OR created_at < $8)
        ORDER BY created_at DESC, id DESC LIMIT ${maxScanned}
     ), numbered AS (
       SELECT *, row_number() OVER (ORDER BY created_at_us DESC, id DESC) AS place, count(*) OVER () AS scanned FROM scanned
     )
     SELECT id, created_at_us, matches FROM (
       (SELECT * FROM numbered WHERE matches ORDER BY place LIMIT ${limit + 1})
       UNION ALL
       (SELECT id, created_at_us, false, place, scanned FROM numbered WHERE place = ${maxScanned} AND place = scanned)
     ) AS page ORDER BY place, matches DESC`,
    [
      tenantId,
      cursor?.createdAtUs ?? null,
      cursor?.id ?? null,
      state ?? null,
      model ?? null,
      labels,
      createdAfter ?? null,
      createdBefore ?? null,
      tier ?? null,
      projectId ?? null,
    ],
  );
  const matching = rows.filter(({ matches }) => matches);
  const page = matching.slice(0, limit);
  // Either there is one more match, or the scan ended at its bound: the next page goes on where this one stopped.
  const stoppedAt = matching.length > limit ? page.at(-1) : rows.find(({ matches }) => !matches);
  return { ids: page.map(({ id }) => id), nextCursor: stoppedAt ? formatCursor(stoppedAt) : null };
}
