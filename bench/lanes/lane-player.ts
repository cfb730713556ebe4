import type { SimulatedAgent } from '#bench/lanes/simulated-agent';
import type { LeaseRef } from '#core/generations/lease';
import { LeaseLost } from '#core/generations/lease-lost';
import { RunsService } from '#features/generations/runs.service';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { WakeLoop } from '#platform/outbox/wake-loop';

/** A lease that the scheduler has committed, as the player read it. */
export interface PlayedLease extends LeaseRef {
  nodeId: string;
  laneIds: string[];
  servedFrom: string;
  /** When the transaction that committed it began, milliseconds since 1970. */
  admittedAtMs: number;
  /** When the player knew that it was committed, by `performance.now()`: no earlier than the commit. */
  readAtMs: number;
}

export interface LanePlayerOptions {
  controlUrl: string;
  /** How long a lease holds its lanes; 0 settles at once, and its run is not stamped. */
  runMsOf(lease: PlayedLease): number;
  agentOf?(nodeId: string): SimulatedAgent | undefined;
  onStarted?(lease: PlayedLease): void;
  /** After the settle's commit. */
  onSettled?(lease: PlayedLease): void;
  /** Another lease, or an ending, owns the generation now. */
  onLost?(lease: PlayedLease): void;
}

const CLAIMED_AT_ONCE = 500;
const LOOK_EVERY_MS = 100;

/**
 * Stands in for relay, workflow and lane agent: takes the outbox rows of admissions, holds the lanes for the run's time and ends it with
 * the very settle that a workflow's end commits. Everything before and after that is the platform's own.
 */
export class LanePlayer implements AsyncDisposable {
  private readonly db: HotPool;
  private readonly runs: RunsService;
  private readonly notifications: Notifications;
  private readonly loop: WakeLoop;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private failure: unknown;

  constructor(private readonly options: LanePlayerOptions) {
    const applicationName = 'halogen-bench-lanes';
    this.db = new HotPool({ url: options.controlUrl, applicationName, maxConnections: 8, looksUpByKey: true });
    this.runs = new RunsService(this.db);
    this.notifications = new Notifications(options.controlUrl, applicationName);
    this.loop = new WakeLoop({ name: 'lane player', everyMs: LOOK_EVERY_MS, run: () => this.take() });
  }

  start(): void {
    this.notifications.on('halogen_workflow', () => this.loop.wake());
    this.loop.start();
  }

  /** The lease's lanes were taken back. */
  stop(lease: LeaseRef): void {
    clearTimeout(this.timers.get(keyOf(lease)));
    this.timers.delete(keyOf(lease));
  }

  /** Rethrows what went wrong behind its back. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loop.stop();
    for (const timer of this.timers.values()) clearTimeout(timer);
    await this.notifications.close();
    await this.db.close();
  }

  private async take(): Promise<void> {
    let taken = 0;
    await this.db.transaction('take', [], async (tx) => {
      const claimed = await tx.prepared<Omit<PlayedLease, 'readAtMs'>>('take', TAKE, [CLAIMED_AT_ONCE]);
      const readAtMs = performance.now();
      const leases = claimed.map((lease): PlayedLease => ({ ...lease, readAtMs }));
      const timed = leases.filter((lease) => this.options.runMsOf(lease) > 0);
      if (timed.length > 0) void this.stamp(timed); // beside the look for the next ones
      // As the relay does: what rows ask for is begun before they are gone for good.
      for (const lease of leases) this.play(lease);
      taken = leases.length;
    });
    if (taken === CLAIMED_AT_ONCE) this.loop.wake();
  }

  private play(lease: PlayedLease): void {
    this.options.onStarted?.(lease);
    const runMs = this.options.runMsOf(lease);
    if (runMs === 0) return void this.settle(lease);
    if (this.options.agentOf?.(lease.nodeId)?.began(lease) === false) {
      this.options.onLost?.(lease);
      return;
    }
    this.timers.set(
      keyOf(lease),
      setTimeout(() => void this.settle(lease), Math.max(0, runMs - (performance.now() - lease.readAtMs))),
    );
  }

  private async settle(lease: PlayedLease): Promise<void> {
    this.timers.delete(keyOf(lease));
    try {
      await this.runs.settle(lease);
      this.options.agentOf?.(lease.nodeId)?.ended(lease);
      this.options.onSettled?.(lease);
    } catch (error) {
      if (error instanceof LeaseLost) this.options.onLost?.(lease);
      else this.failure ??= error;
    }
  }

  private async stamp(leases: readonly LeaseRef[]): Promise<void> {
    const stamped = this.db.query(
      `WITH started AS MATERIALIZED (
         SELECT l.tenant_id, l.generation_id, l.fence
           FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS s (tenant_id, generation_id, fence) JOIN leases l USING (tenant_id, generation_id, fence)
          WHERE l.run_started_at IS NULL ORDER BY l.generation_id FOR UPDATE OF l
       )
       UPDATE leases l SET run_started_at = now() FROM started s
        WHERE (l.tenant_id, l.generation_id, l.fence) = (s.tenant_id, s.generation_id, s.fence)`,
      [leases.map(({ tenantId }) => tenantId), leases.map(({ generationId }) => generationId), leases.map(({ fence }) => fence)],
    );
    await stamped.catch((error: unknown) => {
      this.failure ??= error;
    });
  }
}

/** Leases and their ends are durable; that one was read is this process's own affair, which no start waits a commit for. */
const TAKE = `
  WITH due AS MATERIALIZED (
    SELECT id FROM outbox WHERE consumer = 'workflow' AND topic = 'admitted' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
  ), taken AS (
    DELETE FROM outbox o USING due WHERE o.id = due.id RETURNING o.tenant_id, o.generation_id, (o.payload ->> 'fence')::bigint AS fence
  )
  SELECT l.tenant_id AS "tenantId", l.generation_id AS "generationId", l.fence, l.node_id AS "nodeId", l.lane_ids AS "laneIds", l.served_from AS "servedFrom",
         (extract(epoch FROM l.admitted_at) * 1000)::float8 AS "admittedAtMs", set_config('synchronous_commit', 'off', true)
    FROM taken JOIN leases l USING (tenant_id, generation_id, fence)
   WHERE l.ended_at IS NULL`;

function keyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}
