/** Why something is erased: its project keeps it no longer, or the customer deleted it. */
export const ERASURE_RULES = ['project_retention', 'customer_deletion'] as const;
export type ErasureRule = (typeof ERASURE_RULES)[number];

/** What decides how long prompt and media of one generation or batch are kept. */
export interface Kept {
  /** Null while it runs: nothing of it is erased. */
  finishedAt: Date | null;
  /** When the customer deleted it. */
  deletedAt: Date | null;
  /** Of its project; null without one: kept until the customer deletes it. */
  retentionDays: number | null;
  /** Of its project: nothing is erased, whatever asks for it. */
  onLegalHold: boolean;
}

const DAY_MS = 86_400_000;

/** When its project keeps it no longer; null when nothing says so. */
export function expiresAt({ finishedAt, retentionDays, onLegalHold }: Kept): Date | null {
  if (finishedAt === null || retentionDays === null || onLegalHold) return null;
  return new Date(finishedAt.getTime() + retentionDays * DAY_MS);
}

/** The rule by which it is erased now; null while it is kept. */
export function erasureRuleOf(kept: Kept, now: Date): ErasureRule | null {
  if (kept.finishedAt === null || kept.onLegalHold) return null;
  if (kept.deletedAt !== null) return 'customer_deletion';
  const expires = expiresAt(kept);
  return expires !== null && expires <= now ? 'project_retention' : null;
}
