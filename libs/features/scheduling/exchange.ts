import type { Admission } from '#core/scheduling/plan';
import { admitGroup } from '#features/scheduling/admit-group';
import type { Leadership } from '#features/scheduling/leadership';
import { type CommittedChange, takeChanges } from '#features/scheduling/read-changes';
import { type Heads, type HeadsWanted, readHeads } from '#features/scheduling/read-heads';
import type { HotTx } from '#platform/database/tx';

export interface ToExchange {
  admit: readonly Admission[];
  takesChanges: boolean;
  headsWanted: readonly HeadsWanted[];
}

export interface Exchanged {
  /** Of each admitted generation; a planned one that is missing was no longer queued. */
  fences: Map<string, string>;
  changes: CommittedChange[];
  heads: Heads[];
}

/**
 * What a turn says to the database and what it hears, in one round trip: admissions, then what others have committed, then heads. Each is read
 * after what comes before it, so it is to be applied in this order, once all of it is committed.
 */
export async function exchange(
  tx: HotTx,
  leadership: Leadership,
  { admit, takesChanges, headsWanted }: ToExchange,
  nowMs: number,
): Promise<Exchanged> {
  const { poolClass } = leadership;
  const [fences, changes, heads] = await Promise.all([
    admit.length > 0 ? admitGroup(tx, leadership, admit) : new Map<string, string>(),
    takesChanges ? takeChanges(tx, poolClass, nowMs) : [],
    headsWanted.length > 0 ? readHeads(tx, poolClass, headsWanted) : [],
  ]);
  return { fences, changes, heads };
}
