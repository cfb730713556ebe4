import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect } from 'vitest';
import { schedulerModule } from '#apps/scheduler/scheduler.module';
import { JumpingClock } from '#apps/scheduler/testing/jumping-clock';
import { TestAgent } from '#apps/scheduler/testing/test-agent';
import type { SchedulerMessage } from '#contracts/lanes/messages';
import { stateOf as stateOfCell, unpackCells } from '#core/capacity/lane-cells';
import type { NodeState } from '#core/capacity/node-state';
import type { LeaseRef } from '#core/generations/lease';
import { resolveAll } from '#features/generations/resolve-group';
import { RunsService } from '#features/generations/runs.service';
import { type SubmitCommand, submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HaloService } from '#features/scheduling/halo.service';
import { HotPool } from '#platform/database/hot-pool';
import { anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

interface TestScheduler {
  app: NestFastifyApplication;
  clock: JumpingClock;
  port: number;
}

type Registered = Extract<SchedulerMessage, { type: 'registered' }>;

/** Looks until it is as expected. A busy machine may take long over it: how long is no part of any rule here. */
export function soon<T>(look: () => T) {
  return expect.poll(look, { timeout: 30_000, interval: 10 });
}

/** A pool class, its schedulers in this process, and agents that say what a test tells them to. */
export class PoolUnderTest {
  /** Both are others for each test. */
  tenantId!: string;
  poolClass!: string;
  private readonly schedulers: TestScheduler[] = [];
  private readonly agents: TestAgent[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly owner: HotPool,
    readonly runs: RunsService,
  ) {}

  static async start(): Promise<PoolUnderTest> {
    const database = await testDatabase();
    const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 6 });
    return new PoolUnderTest(database, owner, new RunsService(owner));
  }

  async stop(): Promise<void> {
    await this.owner.close();
    await this.database.drop();
  }

  /** For `beforeEach`. */
  async begin(): Promise<void> {
    this.tenantId = await aTenant(this.owner, 1_000_000_000n);
    this.poolClass = `pool-${randomUUID().slice(0, 8)}`;
  }

  /** For `afterEach`. Whatever a test is about: the ledger adds up. */
  async end(): Promise<void> {
    for (const agent of this.agents.splice(0)) agent.close();
    await Promise.all(this.schedulers.splice(0).map(({ app }) => app.close()));
    expect(await ledgerDifferences(this.owner)).toEqual([]);
  }

  /** Resolves, for the first one, once it leads. */
  async startScheduler(url = 'http://127.0.0.1:1'): Promise<TestScheduler> {
    const module = schedulerModule({ DATABASE_CONTROL_URL: this.database.controlUrl, HALOGEN_SCHEDULER_URL: url });
    const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
      logger: ['error', 'fatal'],
      abortOnError: false,
    });
    const clock = new JumpingClock();
    app.get(HaloService).clock = clock;
    await app.listen(0, '127.0.0.1');
    const scheduler = { app, clock, port: (app.getHttpServer().address() as AddressInfo).port };
    if (this.schedulers.push(scheduler) === 1) await this.leads(scheduler);
    return scheduler;
  }

  /** As a SIGTERM does. */
  async stopFirstScheduler(): Promise<void> {
    await this.schedulers.shift()?.app.close();
  }

  /** Waits until it is the leader. */
  async leads({ app }: TestScheduler): Promise<void> {
    await soon(() => app.get(HaloService).schedulerOf(this.poolClass)).toBeDefined();
  }

  /** An agent that has registered all lanes of its node. */
  async startAgent(
    nodeId: string,
    living: LeaseRef[] = [],
    scheduler = this.schedulers[0] as TestScheduler,
  ): Promise<TestAgent & { registered: Registered }> {
    const agent = await this.connect(scheduler, nodeId);
    const lanes = await this.owner.query<{ laneId: string }>('SELECT id AS "laneId" FROM lanes WHERE node_id = $1', [nodeId]);
    agent.send({ type: 'register', lanes, poolClass: this.poolClass, residentModels: [], living });
    return Object.assign(agent, { registered: (await agent.next('registered')) as Registered });
  }

  async connect({ port }: TestScheduler, token: string): Promise<TestAgent> {
    const agent = await TestAgent.connect(port, token);
    this.agents.push(agent);
    return agent;
  }

  /** A generation that waits in this pool class. */
  async queued(more: Partial<SubmitCommand> = {}): Promise<string> {
    const command = anImage(more.tenantId ?? this.tenantId, more);
    const quote = { ...command.quote, poolClass: this.poolClass };
    await this.owner.transaction('submit', [], (tx) => submitAll(tx, [{ ...command, quote }], false));
    return command.id;
  }

  /** Units that a tenant has bought. */
  async commit(ofTenant: string, units: number): Promise<void> {
    await this.owner.query(
      `INSERT INTO order_books (pool_class, accelerator, spare_one_node_in) VALUES ($1, 'a', 10) ON CONFLICT DO NOTHING`,
      [this.poolClass],
    );
    await this.owner.query(
      `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin)
       VALUES ($1, gen_random_uuid(), $2, $3, 1, 380000, (now() AT TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC')::date + 30, 'active', 'order')`,
      [ofTenant, this.poolClass, units],
    );
  }

  async cancel(generationId: string): Promise<void> {
    const { tenantId } = this;
    await this.owner.transaction('cancel', [], (tx) =>
      resolveAll(tx, [{ by: 'customer', kind: 'cancel', tenantId, generationId, reason: 'cancelled' }]),
    );
  }

  /** Its run starts and its first stage begins. */
  async beginRun(agent: TestAgent, lease: LeaseRef): Promise<void> {
    await this.stampRun(lease);
    agent.send({ type: 'began', ...lease, stage: 'draft' });
    await soon(() => this.stateOf(lease.generationId)).toBe('running');
  }

  /** As the relay does when it has started the run. */
  async stampRun({ generationId, fence }: LeaseRef): Promise<void> {
    await this.owner.query('UPDATE leases SET run_started_at = now() WHERE generation_id = $1 AND fence = $2', [generationId, fence]);
  }

  /** As an operator does. */
  async setNodeState(nodeId: string, state: NodeState): Promise<void> {
    await this.owner.query('UPDATE nodes SET state = $2 WHERE id = $1', [nodeId, state]);
    await this.owner.query(`SELECT pg_notify('halogen_scheduler', '')`);
  }

  /** What the leader shows of the lanes of the pool class, in their order. */
  async lanesShown(): Promise<string[]> {
    const [shown] = await this.owner.query<{ cells: Buffer }>('SELECT cells FROM live_lanes WHERE pool_class = $1', [this.poolClass]);
    return shown ? [...unpackCells(shown.cells)].map(stateOfCell) : [];
  }

  /** Waits for the generation's living lease. */
  async leaseOf(generationId: string, fence?: string): Promise<LeaseRef> {
    const find = () =>
      this.owner.query<LeaseRef>(
        `SELECT tenant_id AS "tenantId", generation_id AS "generationId", fence FROM leases
          WHERE generation_id = $1 AND ended_at IS NULL AND ($2::bigint IS NULL OR fence = $2)`,
        [generationId, fence ?? null],
      );
    await soon(find).toHaveLength(1);
    return (await find())[0] as LeaseRef;
  }

  /** Waits until the leader has heard all that was committed. */
  async changesRead(): Promise<void> {
    const unread = `SELECT 1 FROM outbox WHERE consumer = 'scheduler' AND pool_class = $1`;
    await soon(() => this.owner.query(unread, [this.poolClass])).toEqual([]);
  }

  async stateOf(generationId: string): Promise<string> {
    const [row] = await this.owner.query<{ state: string }>('SELECT state FROM generations WHERE id = $1', [generationId]);
    return row?.state ?? 'unknown';
  }

  /** Where a lease runs, and on whose units. */
  async placeOf({ generationId, fence }: LeaseRef): Promise<{ nodeId: string; servedFrom: string }> {
    const [row] = await this.owner.query<{ nodeId: string; servedFrom: string }>(
      'SELECT node_id AS "nodeId", served_from AS "servedFrom" FROM leases WHERE generation_id = $1 AND fence = $2',
      [generationId, fence],
    );
    if (!row) throw new Error(`generation ${generationId} has no lease ${fence}`);
    return row;
  }

  async outboxTopics(generationId: string): Promise<string[]> {
    const rows = await this.owner.query<{ topic: string }>(
      `SELECT consumer || ' ' || topic AS topic FROM outbox WHERE generation_id = $1`,
      [generationId],
    );
    return rows.map(({ topic }) => topic);
  }
}
