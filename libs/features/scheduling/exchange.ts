import type { Admission } from '#core/scheduling/plan';
import { admitGroup } from '#features/scheduling/admit-group';
import type { Leadership } from '#features/scheduling/leadership';
import { type CommittedChange, takeChanges } from '#features/scheduling/read-changes';
import { type Heads, type HeadsWanted, readHeads } from '#features/scheduling/read-heads';
import type { HotTx, StatementTx } from '#platform/database/tx';

/** What is said to the database in one turn. */
export interface Decided {
  admit: readonly Admission[];
  headsWanted: readonly HeadsWanted[];
}

/** To be applied in this order. */
export interface Answered {
  /** Of each admitted generation; a planned one that is missing was no longer queued. */
  fences: Map<string, string>;
  /** Read after the admissions. */
  heads: Heads[];
}

/**
 * One transaction of two round trips: hears what others have committed, and says what was decided by it together with the COMMIT. So a lane
 * that was freed a moment ago is given away by the very transaction that learns of it.
 * @param decide gets what was heard before that is committed: when it never is, whatever was made of it must be forgotten
 * @returns what answers once the transaction is over
 */
export async function exchange(
  tx: HotTx,
  { poolClass, epoch }: Leadership,
  { hears, nowMs }: { hears: boolean; nowMs: number },
  decide: (changes: readonly CommittedChange[]) => Decided,
): Promise<() => Promise<Answered>> {
  const { admit, headsWanted } = decide(hears ? await takeChanges(tx, poolClass, nowMs) : []);
  const withCommit: StatementTx = { prepared: (name, sql, parameters) => tx.last(name, sql, parameters) };
  // What was heard is heard again should the server lose its removal: nothing waits for the disk then.
  if (admit.length === 0) void withCommit.prepared('heard only', "SELECT set_config('synchronous_commit', 'off', true)", []);
  const fences = admit.length > 0 ? admitGroup(withCommit, { poolClass, epoch }, admit) : new Map<string, string>();
  const heads = headsWanted.length > 0 ? readHeads(withCommit, poolClass, headsWanted) : [];
  return async () => ({ fences: await fences, heads: await heads });
}
