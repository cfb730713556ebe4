import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { LeaseRef } from '#core/generations/lease';
import type { Admission } from '#core/scheduling/plan';
import { resolveAll } from '#features/generations/resolve-group';
import { RunsService } from '#features/generations/runs.service';
import { submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { admitGroup } from '#features/scheduling/admit-group';
import { asLeader, Leadership } from '#features/scheduling/leadership';
import { noteBegan } from '#features/scheduling/note-began';
import { noteFreed } from '#features/scheduling/note-freed';
import { takeBack } from '#features/scheduling/take-back';
import { HotPool } from '#platform/database/hot-pool';
import type { HotTx } from '#platform/database/tx';
import { aNode, anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

/** The leader of a pool class with a node of four lanes, which takes one step of its turns at a time. */
export class PoolLeader {
  /** These are others for each test. */
  tenantId!: string;
  poolClass!: string;
  leadership!: Leadership;
  nodeId!: string;

  private constructor(
    readonly database: TestDatabase,
    readonly owner: HotPool,
    readonly control: HotPool,
    readonly runs: RunsService,
  ) {}

  static async start(): Promise<PoolLeader> {
    const database = await testDatabase();
    const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 4 });
    const control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 8 });
    return new PoolLeader(database, owner, control, new RunsService(control));
  }

  /** Whatever the tests were about: the ledger adds up. */
  async stop(): Promise<void> {
    expect(await ledgerDifferences(this.owner)).toEqual([]);
    await this.control.close();
    await this.owner.close();
    await this.database.drop();
  }

  /** For `beforeEach`. */
  async begin(): Promise<void> {
    this.tenantId = await aTenant(this.owner, 1_000_000_000n);
    this.poolClass = `pool-${randomUUID().slice(0, 8)}`;
    this.nodeId = await aNode(this.owner, 4, this.poolClass);
    this.leadership = new Leadership(this.poolClass, '1', 'me');
    await this.owner.query(`INSERT INTO scheduler_leaders (pool_class, epoch, holder, expires_at) VALUES ($1, 1, 'me', 'infinity')`, [
      this.poolClass,
    ]);
  }

  /** Another has been elected, and this process does not know it yet. */
  async depose(): Promise<void> {
    await this.control.query('UPDATE scheduler_leaders SET epoch = 2 WHERE pool_class = $1', [this.poolClass]);
  }

  asLeader<T>(name: string, work: (tx: HotTx) => Promise<T>): Promise<T> {
    return asLeader(this.control, this.leadership, name, work);
  }

  async queued(more: { callbackUrl?: string; tenantId?: string; projectId?: string } = {}): Promise<string> {
    const command = anImage(this.tenantId, more);
    const quote = { ...command.quote, poolClass: this.poolClass };
    await this.owner.transaction('submit', [], (tx) => submitAll(tx, [{ ...command, quote }], false));
    return command.id;
  }

  async cancel(generationId: string, tenantId = this.tenantId): Promise<void> {
    const command = { by: 'customer', kind: 'cancel', tenantId, generationId, reason: 'cancelled' } as const;
    await this.control.transaction('cancel', [], (tx) => resolveAll(tx, [command]));
  }

  admission(generationId: string, lane: number): Admission {
    const { tenantId, nodeId } = this;
    return { tenantId, generationId, nodeId, laneIds: [`${nodeId}/${lane}`], servedFrom: 'shared', estimatedMs: 1_000, waitedMs: 0 };
  }

  /** @returns the fence of each that is admitted */
  admit(ids: readonly string[], firstLane = 0): Promise<Map<string, string>> {
    const admissions = ids.map((id, at) => this.admission(id, firstLane + at));
    return this.asLeader('admit', (tx) => admitGroup(tx, this.leadership, admissions));
  }

  async takenBack(lease: LeaseRef, isLost = false, isFreed = false): Promise<string> {
    const outcomes = await this.asLeader('take back', (tx) => takeBack(tx, [{ lease, isLost, isFreed, endReason: 'taken_back' }], 0));
    return [...outcomes.values()][0]?.outcome ?? 'nothing';
  }

  async beginRun(lease: LeaseRef): Promise<void> {
    await this.asLeader('began', (tx) => noteBegan(tx, [{ ...lease, nodeId: this.nodeId }]));
  }

  async freeAll(ids: readonly string[]): Promise<void> {
    const leases = await this.control.query<LeaseRef>(
      'SELECT tenant_id AS "tenantId", generation_id AS "generationId", fence FROM leases WHERE generation_id = ANY ($1)',
      [ids],
    );
    const freed = leases.map((lease) => ({ ...lease, nodeId: this.nodeId }));
    await this.asLeader('freed', (tx) => noteFreed(tx, freed));
  }

  leasesOf(generationId: string): Promise<{ end_reason: string; is_freed: boolean }[]> {
    return this.control.query('SELECT end_reason, freed_at IS NOT NULL AS is_freed FROM leases WHERE generation_id = $1 ORDER BY fence', [
      generationId,
    ]);
  }

  async stateOf(generationId: string): Promise<string> {
    const [row] = await this.control.query<{ state: string }>('SELECT state FROM generations WHERE id = $1', [generationId]);
    return row?.state ?? 'unknown';
  }
}
