import type { CapacityService } from '#features/capacity/capacity.service';
import type { LedPool } from '#features/scheduling/led-pool';
import { NOTE_HEARD_EVERY_MS, REFRESH_NODES_AFTER_MS, SWEEP_EVERY_MS } from '#features/scheduling/limits';
import { type PausesRead, readPauses } from '#features/scheduling/pauses';
import { readFirstHeads } from '#features/scheduling/read-heads';
import { readOpenLeases } from '#features/scheduling/read-leases';
import type { Tx } from '#platform/database/tx';

/** Reads a pool class from Postgres: all of it at the beginning, and now and then its nodes, units and pauses. */
export class PoolReading {
  private mayNodesHaveChanged = false;
  private sweptAtMs = Number.NEGATIVE_INFINITY;
  private notedHeardAtMs = 0;

  constructor(
    private readonly pool: LedPool,
    private readonly capacity: CapacityService,
  ) {}

  /** A node's state, a pause or what is guaranteed may have changed: it is read again soon. */
  noteCapacity(): void {
    this.mayNodesHaveChanged = true;
  }

  async load(): Promise<void> {
    const { poolClass, index, leases, roster, pauses } = this.pool;
    const loaded = await this.pool.asLeader('load', async (tx) => ({
      nodes: await this.capacity.nodesOf(tx, poolClass),
      units: await this.capacity.unitsOf(tx, poolClass),
      pauses: await readPauses(tx, poolClass),
      leases: await readOpenLeases(tx, poolClass),
      heads: await readFirstHeads(tx, poolClass),
    }));
    const nowMs = this.pool.nowMs();
    index.reset();
    leases.clear();
    roster.update(loaded.nodes, nowMs);
    roster.showAll();
    this.noteUnits(loaded.units);
    this.notePauses(loaded.pauses);
    for (const { lease, hasRun, isBegun, expiresInMs, endReason } of loaded.leases) {
      index.apply({ type: 'leased', lease });
      const { nodeId } = lease;
      if (endReason === null) leases.add({ lease, nodeId, admittedAtMs: nowMs, expiresAtMs: nowMs + expiresInMs, isBegun }, hasRun);
      else this.pool.noteEnded({ lease, ranMs: 0, reason: endReason });
    }
    for (const heads of loaded.heads) index.apply(pauses.seen(heads));
    this.pool.logger.log('loaded', { epoch: this.pool.leadership.epoch, nodes: loaded.nodes.length, leases: loaded.leases.length });
  }

  /** Looks again at what is not told row by row. @returns whether it was time to */
  async refresh(): Promise<boolean> {
    const sinceMs = this.pool.nowMs() - this.sweptAtMs;
    if (sinceMs < (this.mayNodesHaveChanged ? REFRESH_NODES_AFTER_MS : SWEEP_EVERY_MS)) return false;
    this.sweptAtMs = this.pool.nowMs();
    this.mayNodesHaveChanged = false;
    const noteHeard = this.pool.nowMs() - this.notedHeardAtMs >= NOTE_HEARD_EVERY_MS;
    if (noteHeard) this.notedHeardAtMs = this.pool.nowMs();
    await this.pool.asLeader('sweep', async (tx) => {
      if (noteHeard) await this.capacity.noteHeard(tx, this.pool.roster.takeHeard());
      if (noteHeard) await this.pool.failures.save(tx);
      if (noteHeard) await this.pool.waits.save(tx, this.pool.wallMs());
      await this.refreshNodes(tx);
      this.noteUnits(await this.capacity.unitsOf(tx, this.pool.poolClass));
      this.notePauses(await readPauses(tx, this.pool.poolClass));
    });
    return true;
  }

  async refreshNodes(tx: Tx): Promise<void> {
    const { roster, poolClass } = this.pool;
    roster.update(await this.capacity.nodesOf(tx, poolClass, roster.rows()), this.pool.nowMs());
  }

  /** Commitments begin and end with the days, and by orders. */
  private noteUnits(units: ReadonlyMap<string, number>): void {
    for (const tenantId of this.pool.index.tenantsWithUnits())
      if (!units.has(tenantId)) this.pool.index.apply({ type: 'units', tenantId, units: 0 });
    for (const [tenantId, each] of units) {
      if (this.pool.index.tenantQueue(tenantId)?.units !== each) this.pool.index.apply({ type: 'units', tenantId, units: each });
    }
  }

  private notePauses(read: PausesRead): void {
    for (const change of this.pool.pauses.update(read)) this.pool.index.apply(change);
  }
}
