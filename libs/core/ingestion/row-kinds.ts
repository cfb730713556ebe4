/** Rows that take lanes of one pool class for equally long. */
export interface RowKind {
  poolClass: string;
  model: string;
  outputKey: string;
  gangLanes: number;
  rows: number;
  /** Of all of them, by the rate card. */
  burnLaneMs: number;
}

/** By what tells them apart; as many as the catalogue has outputs. */
export type RowKinds = Readonly<Record<string, RowKind>>;

export function withRows(kinds: RowKinds, more: readonly RowKind[]): RowKinds {
  const sums: Record<string, RowKind> = { ...kinds };
  for (const kind of more) {
    const key = `${kind.poolClass} ${kind.model} ${kind.outputKey}`;
    const before = sums[key];
    sums[key] = before ? { ...before, rows: before.rows + kind.rows, burnLaneMs: before.burnLaneMs + kind.burnLaneMs } : kind;
  }
  return sums;
}

/** What is left of a batch: the rows that have not ended, taken to be as mixed as all of them. */
export function leftOf(batch: {
  rowKinds: RowKinds;
  acceptedRows: number;
  completedRows: number;
  failedRows: number;
  cancelledRows: number;
}): RowKind[] {
  const left = batch.acceptedRows - batch.completedRows - batch.failedRows - batch.cancelledRows;
  if (left <= 0) return [];
  const share = left / batch.acceptedRows;
  return Object.values(batch.rowKinds).map((kind) => ({
    ...kind,
    rows: Math.ceil(kind.rows * share),
    burnLaneMs: kind.burnLaneMs * share,
  }));
}
