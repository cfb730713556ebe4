/** What an act of an operator touches, each counted by itself. */
export const TOUCHED_KINDS = [
  'running',
  'queued',
  'started_last_hour',
  'tenants',
  'guaranteed_units',
  'deliveries',
  'callbacks',
  'batches',
  'commitments',
  'taken_units',
] as const;
export type TouchedKind = (typeof TOUCHED_KINDS)[number];
