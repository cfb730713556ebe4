import type { HotPool } from '#platform/database/hot-pool';
import type { HotTx } from '#platform/database/tx';

/** Another scheduler leads the pool class now: stop at once, nothing was written. */
export class NotLeader extends Error {
  constructor(poolClass: string, epoch: string) {
    super(`epoch ${epoch} of pool class ${poolClass} is over`);
    this.name = 'NotLeader';
  }
}

/** One epoch in which this process leads a pool class. */
export class Leadership {
  private heldUntilMs = 0;

  constructor(
    readonly poolClass: string,
    /** Decimal string, as it is a bigint in Postgres. */
    readonly epoch: string,
    readonly holder: string,
  ) {}

  /** False once it could not be renewed in time: others may lead. Told by this process's own clock, so it needs no answer from anybody. */
  get isHeld(): boolean {
    return performance.now() < this.heldUntilMs;
  }

  /** How long it has not been held; 0 while it is. */
  get lapsedMs(): number {
    return Math.max(0, performance.now() - this.heldUntilMs);
  }

  /** @param untilMs by `performance.now()` */
  extend(untilMs: number): void {
    this.heldUntilMs = untilMs;
  }

  end(): void {
    this.heldUntilMs = 0;
  }
}

/**
 * The only way in which a scheduler opens a transaction: it locks the leader's row against a take-over until the commit, and compares
 * epoch and holder. The work's first statements are sent right behind that: they run under the lock, are answered after it, and are rolled
 * back if it is not ours. So the work never goes on once another leads.
 * @throws NotLeader
 */
export async function asLeader<T>(db: HotPool, leadership: Leadership, name: string, work: (tx: HotTx) => Promise<T>): Promise<T> {
  const { poolClass, epoch, holder } = leadership;
  return db.transaction(name, [], async (tx) => {
    const leading = tx
      .prepared('leading', 'SELECT 1 FROM scheduler_leaders WHERE pool_class = $1 AND epoch = $2 AND holder = $3 FOR SHARE', [
        poolClass,
        epoch,
        holder,
      ])
      .then((rows) => {
        if (rows.length === 0) throw new NotLeader(poolClass, epoch);
      });
    const [, result] = await Promise.all([leading, work(behind(leading, tx))]);
    return result;
  });
}

function behind(leading: Promise<void>, tx: HotTx): HotTx {
  const answered = async <Row>(rows: Promise<Row[]>): Promise<Row[]> => (await Promise.all([leading, rows]))[1];
  return {
    query: (sql, parameters) => answered(tx.query(sql, parameters)),
    prepared: (name, sql, parameters) => answered(tx.prepared(name, sql, parameters)),
    last: (name, sql, parameters) => tx.last(name, sql, parameters),
  };
}
