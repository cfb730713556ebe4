/** A fact for one consumer, to be written in the fact's transaction. */
export interface OutboxRow {
  consumer: 'scheduler' | 'workflow' | 'delivery' | 'stream';
  topic: string;
  tenantId: string;
  generationId: string;
  poolClass: string | null;
  payload: Record<string, unknown>;
  traceparent: string | null;
}

export const OUTBOX_COLUMNS = 'consumer, topic, tenant_id, generation_id, pool_class, payload, traceparent';

/** Columns of the rows, in the order of `OUTBOX_COLUMNS`, for `unnest($n::text[], …::text[], …::uuid[], …::uuid[], …::text[], …::jsonb[], …::text[])`. */
export function outboxParameters(rows: readonly OutboxRow[]): unknown[] {
  return [
    rows.map(({ consumer }) => consumer),
    rows.map(({ topic }) => topic),
    rows.map(({ tenantId }) => tenantId),
    rows.map(({ generationId }) => generationId),
    rows.map(({ poolClass }) => poolClass),
    rows.map(({ payload }) => JSON.stringify(payload)),
    rows.map(({ traceparent }) => traceparent),
  ];
}
