import { isNodeFailure } from '#core/capacity/node-failures';
import type { Tx } from '#platform/database/tx';

const MS_PER_HOUR = 3_600_000;
const KEPT_DAYS = 14;

interface Counted {
  nodeId: string;
  cause: string;
  hourMs: number;
  leases: number;
}

/** What fails on each node, counted by the hour until it is saved. A leader that dies loses the last seconds: they are for people to see. */
export class NodeFailures {
  private counts = new Map<string, Counted>();

  /** Takes any end of a lease; those that are no failure do not count. @param wallMs since 1970 */
  note(nodeId: string, cause: string, wallMs: number): void {
    if (!isNodeFailure(cause)) return;
    const hourMs = Math.floor(wallMs / MS_PER_HOUR) * MS_PER_HOUR;
    const key = `${nodeId} ${cause} ${hourMs}`;
    const counted = this.counts.get(key) ?? { nodeId, cause, hourMs, leases: 0 };
    counted.leases += 1;
    this.counts.set(key, counted);
  }

  async save(tx: Tx): Promise<void> {
    const counts = [...this.counts.values()];
    this.counts = new Map();
    if (counts.length === 0) return;
    await tx.query(
      `WITH old AS (DELETE FROM node_failures WHERE hour < now() - interval '${KEPT_DAYS} days')
       INSERT INTO node_failures (node_id, cause, hour, leases)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::integer[])
       ON CONFLICT (node_id, hour, cause) DO UPDATE SET leases = node_failures.leases + excluded.leases`,
      [
        counts.map(({ nodeId }) => nodeId),
        counts.map(({ cause }) => cause),
        counts.map(({ hourMs }) => new Date(hourMs)),
        counts.map(({ leases }) => leases),
      ],
    );
  }
}
