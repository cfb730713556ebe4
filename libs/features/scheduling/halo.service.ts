import { hostname } from 'node:os';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type LeaderAnswer, LeaderQuestion, readPayload, WAIT_ANSWERS, WAIT_QUESTIONS } from '#contracts/queues/wait-questions';
import { CapacityService } from '#features/capacity/capacity.service';
import { type Clock, systemClock } from '#features/scheduling/clock';
import { type Candidate, LeaderElection } from '#features/scheduling/leader-election';
import type { Leadership } from '#features/scheduling/leadership';
import { DISCOVER_POOLS_EVERY_MS, MAX_EXPLAINED_PER_S } from '#features/scheduling/limits';
import { PoolScheduler } from '#features/scheduling/pool-scheduler';
import { ReleaseFailed } from '#features/scheduling/release-failed';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { WakeLoop } from '#platform/outbox/wake-loop';

/** Where agents reach this process: provider token. */
export const SCHEDULER_URL = Symbol('scheduler url');

/** Halo in this process: stands for election in every pool class, and schedules those that it leads. */
@Injectable()
export class HaloService implements OnApplicationBootstrap, OnModuleDestroy {
  /** Only a test changes it, before the start. */
  clock: Clock = systemClock;
  private readonly logger = new Logger(HaloService.name);
  private readonly candidate: Candidate;
  private readonly elections = new Map<string, LeaderElection>();
  private readonly schedulers = new Map<string, PoolScheduler>();
  private readonly discovery: WakeLoop;
  private stopListening: (() => void) | undefined;
  private stopAnswering: (() => void) | undefined;
  private explained = { second: 0, waits: 0 };

  constructor(
    @Inject(HotPool) private readonly db: HotPool,
    @Inject(Notifications) private readonly notifications: Notifications,
    @Inject(CapacityService) private readonly capacity: CapacityService,
    @Inject(ReleaseFailed) private readonly releaseFailed: ReleaseFailed,
    @Inject(SCHEDULER_URL) url: string,
  ) {
    this.candidate = { holder: `${hostname()}/${process.pid}/${crypto.randomUUID()}`, url };
    this.discovery = new WakeLoop({ name: 'pool classes', everyMs: DISCOVER_POOLS_EVERY_MS, run: () => this.discoverPoolClasses() });
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.notifications.on('halogen_scheduler', (poolClass) => {
      if (poolClass) this.schedulers.get(poolClass)?.noteChanges();
      else for (const scheduler of this.schedulers.values()) scheduler.noteCapacity();
    });
    this.stopAnswering = this.notifications.on(WAIT_QUESTIONS, (payload) => void this.answer(payload));
    this.discovery.start();
  }

  /** Leaves at once, so that the standby takes over while the rest of this process still ends. */
  async onModuleDestroy(): Promise<void> {
    this.stopListening?.();
    this.stopAnswering?.();
    await this.discovery.stop();
    await Promise.all([...this.elections].map(([poolClass, election]) => this.leave(poolClass, election)));
  }

  /** Only the leader of the pool class answers, and no more often than leaves it time to schedule. */
  private async answer(payload: string | undefined): Promise<void> {
    const question = readPayload(LeaderQuestion, payload);
    if (!question) return;
    const scheduler = this.schedulers.get(question.poolClass);
    if (!scheduler) return;
    const answer: LeaderAnswer = { ask: question.ask, told: this.mayExplain() ? tellOf(scheduler, question) : null };
    await this.db
      .query('SELECT pg_notify($1, $2)', [WAIT_ANSWERS, JSON.stringify(answer)])
      .catch((error: unknown) => this.logger.warn('a wait could not be told', error));
  }

  private mayExplain(): boolean {
    const second = Math.floor(this.clock.monotonicMs() / 1_000);
    if (second !== this.explained.second) this.explained = { second, waits: 0 };
    this.explained.waits += 1;
    return this.explained.waits <= MAX_EXPLAINED_PER_S;
  }

  /** The scheduler of a pool class that this process leads. */
  schedulerOf(poolClass: string): PoolScheduler | undefined {
    return this.schedulers.get(poolClass);
  }

  /** Where the present leader is; null while there is none, or none that could be known. */
  async leaderUrl(poolClass: string): Promise<string | null> {
    const [leader] = await this.db.query<{ url: string | null }>(
      'SELECT url FROM scheduler_leaders WHERE pool_class = $1 AND expires_at > clock_timestamp() AND holder <> $2',
      [poolClass, this.candidate.holder],
    );
    return leader?.url ?? null;
  }

  private async discoverPoolClasses(): Promise<void> {
    for (const poolClass of await this.capacity.poolClasses()) {
      if (this.elections.has(poolClass)) continue;
      await this.db.query('INSERT INTO scheduler_leaders (pool_class) VALUES ($1) ON CONFLICT DO NOTHING', [poolClass]);
      const election = new LeaderElection(this.db, this.notifications, poolClass, this.candidate, {
        elected: (leadership) => this.lead(leadership, election),
        deposed: () => this.follow(poolClass),
      });
      this.elections.set(poolClass, election);
      election.start();
    }
  }

  private lead(leadership: Leadership, election: LeaderElection): void {
    const { poolClass, epoch } = leadership;
    this.logger.log('leads', { poolClass, epoch });
    const { db, capacity, releaseFailed, clock } = this;
    const scheduler = new PoolScheduler(leadership, { db, capacity, releaseFailed, clock, onNotLeader: () => election.check() });
    this.schedulers.set(poolClass, scheduler);
    scheduler.start();
  }

  private async follow(poolClass: string): Promise<void> {
    this.logger.warn('leads no more', { poolClass });
    const scheduler = this.schedulers.get(poolClass);
    this.schedulers.delete(poolClass);
    await scheduler?.finishTurn();
    scheduler?.dismissNodes(await this.leaderUrl(poolClass).catch(() => null));
  }

  private async leave(poolClass: string, election: LeaderElection): Promise<void> {
    const scheduler = this.schedulers.get(poolClass);
    this.schedulers.delete(poolClass);
    await scheduler?.finishTurn();
    // Without Postgres the row ends by itself.
    await election.resign().catch((error: unknown) => this.logger.warn('could not resign', error));
    scheduler?.dismissNodes(null);
  }
}

function tellOf(scheduler: PoolScheduler, question: LeaderQuestion): LeaderAnswer['told'] {
  return 'generationId' in question ? scheduler.explain(question) : scheduler.expectFinish(question);
}
