/**
 * Rows of a batch, each with its newest version: `b` is the row, `c` the generation of its newest version, `v` names that version. $1 is the
 * tenant, $2 the batch.
 * @param rows SQL that gives `id` and `row_number`, in the order and within the bound that is wanted
 * @param columns of generations and of reviews, for a role that may not read all of them
 */
export function newestVersions(rows: string, columns = { generations: '*', reviews: '*' }): string {
  // Each row is looked up by its key: right after a batch came in, the planner's statistics know nothing of it and would choose worse.
  // CASE, since row-level security keeps an index from being asked with what coalesce says: that might leak, for all Postgres knows.
  return `
    (${rows}) b
    LEFT JOIN LATERAL (
      SELECT w.version, w.generation_id FROM row_versions w JOIN generations made ON made.tenant_id = w.tenant_id AND made.id = w.generation_id
       WHERE w.tenant_id = $1 AND w.batch_id = $2 AND w.row_number = b.row_number ORDER BY w.version DESC LIMIT 1
    ) v ON true
    JOIN LATERAL (SELECT ${columns.generations} FROM generations WHERE tenant_id = $1 AND id = CASE WHEN v.generation_id IS NULL THEN b.id ELSE v.generation_id END OFFSET 0) c ON true
    LEFT JOIN LATERAL (SELECT ${columns.reviews} FROM row_reviews WHERE tenant_id = $1 AND generation_id = c.id OFFSET 0) r ON true`;
}

/** Rows of the batch in their order. */
export function rowsOfBatch(condition: string, maxRows?: number): string {
  return `SELECT id, row_number FROM generations WHERE tenant_id = $1 AND batch_id = $2 AND ${condition} ORDER BY row_number LIMIT ${maxRows ?? 'ALL'}`;
}
