import { setTimeout as pause } from 'node:timers/promises';
import type { BenchContext } from '#bench/bench';
import { type BenchDatabase, withOwner } from '#bench/database';
import { fillBacklog } from '#bench/lanes/backlog';
import { aFleet } from '#bench/lanes/fleet';
import { LanePlayer } from '#bench/lanes/lane-player';
import { type SchedulerProcess, startScheduler } from '#bench/lanes/scheduler-process';
import { SimulatedAgent } from '#bench/lanes/simulated-agent';
import { Starts } from '#bench/lanes/starts';
import { type BenchTenant, benchTenants } from '#bench/ledger/tenants';

const POOL_CLASS = 'bench';
const NODES = 32;
const LANES_PER_NODE = 8;
const LOOK_EVERY_MS = 20;

interface RigOptions {
  /** Of the scheduler's process. */
  name: string;
  traceEndpoint: string;
  tenants: number;
}

/** One database with a backlog, 256 lanes, a scheduler that leads them and a player that settles whatever starts. */
export class DispatchRig implements AsyncDisposable {
  private readonly seen = new Starts();
  private readonly player: LanePlayer;

  private constructor(
    private readonly context: BenchContext,
    private readonly database: BenchDatabase,
    private readonly options: RigOptions,
    private readonly tenants: readonly BenchTenant[],
    readonly scheduler: SchedulerProcess,
    private readonly agents: readonly SimulatedAgent[],
  ) {
    this.player = new LanePlayer({
      controlUrl: database.databaseControlUrl,
      runMsOf: () => 0,
      onStarted: (lease) => this.seen.started(lease),
      onSettled: (lease) => this.seen.settled(lease),
    });
  }

  static async over(context: BenchContext, database: BenchDatabase, options: RigOptions): Promise<DispatchRig> {
    context.report(`making ${options.tenants} tenants and ${NODES * LANES_PER_NODE} lanes`);
    const tenants = await benchTenants(database.databaseControlUrl, options.tenants);
    const fleet = await aFleet(database.ownerUrl, { poolClass: POOL_CLASS, nodes: NODES, lanesPerNode: LANES_PER_NODE });
    const scheduler = await startScheduler(context, database, options);
    const agents = fleet.map((node) => new SimulatedAgent(node, [scheduler.url], () => {}));
    await Promise.all(agents.map((agent) => agent.whenRegistered()));
    return new DispatchRig(context, database, options, tenants, scheduler, agents);
  }

  async fill(count: number): Promise<void> {
    this.context.report(`queueing ${Math.round(count)} generations of ${this.tenants.length} tenants`);
    await fillBacklog(this.database.ownerUrl, { poolClass: POOL_CLASS, tenants: this.tenants, count });
  }

  start(): void {
    this.player.start();
  }

  /** Starts for so long. */
  async starts(durationMs: number): Promise<{ perS: number; meanMs: number }> {
    this.seen.reset();
    const startedAt = performance.now();
    await pause(durationMs);
    this.player.check();
    const { count, meanMs } = this.seen;
    return { perS: (count / (performance.now() - startedAt)) * 1_000, meanMs };
  }

  /** This many starts. @returns how many a second */
  async startsOf(count: number): Promise<number> {
    this.seen.reset();
    const startedAt = performance.now();
    while (this.seen.count < count) {
      await pause(LOOK_EVERY_MS);
      this.player.check();
    }
    return (this.seen.count / (performance.now() - startedAt)) * 1_000;
  }

  /** An operator's pause of the pool class; answers when all of its lanes are idle. */
  async setPaused(isPaused: boolean): Promise<void> {
    await withOwner(this.database.ownerUrl, async (owner) => {
      await owner.query(
        isPaused
          ? `INSERT INTO pool_pauses (pool_class, reason) VALUES ('${POOL_CLASS}', 'between rounds')`
          : `DELETE FROM pool_pauses WHERE pool_class = '${POOL_CLASS}'`,
      );
      await owner.query('NOTIFY halogen_scheduler');
      for (let idle = 0; isPaused && idle < 20; ) {
        const { rows } = await owner.query('SELECT count(*)::int AS busy FROM lane_occupancies');
        idle = rows[0].busy === 0 ? idle + 1 : 0;
        await pause(LOOK_EVERY_MS);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.agents) agent.close();
    await this.player[Symbol.asyncDispose]();
    await this.context.supervisor.halt(this.options.name);
  }
}
