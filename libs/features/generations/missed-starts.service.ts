import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { resolveAll } from '#features/generations/resolve-group';
import { HotPool } from '#platform/database/hot-pool';
import { WakeLoop } from '#platform/outbox/wake-loop';

const SWEEP_EVERY_MS = 1_000;
/** In one transaction, whose tenants' accounts are locked until it ends. */
const MAX_MISSED_AT_ONCE = 200;
const MISSED = 'Not started by its startBy; nothing was charged';

/**
 * Ends generations that wait past their `startBy`: cancelled and released in one transaction, free of charge. Several of these may run at once:
 * what one has ended, or a scheduler has admitted meanwhile, the others leave alone.
 */
@Injectable()
export class MissedStarts implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WakeLoop({ name: 'missed starts', everyMs: SWEEP_EVERY_MS, run: async () => void (await this.sweep()) });
  private isStopping = false;

  constructor(@Inject(HotPool) private readonly pool: HotPool) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    await this.loop.stop();
  }

  /** Ends when nothing is left that has missed its start. @returns how many were ended */
  async sweep(): Promise<number> {
    for (let ended = 0; ; ) {
      const missed = await this.pool.query<{ tenantId: string; generationId: string }>(
        `SELECT tenant_id AS "tenantId", id AS "generationId" FROM generations
          WHERE state = 'queued' AND start_by < now() AND first_began_at IS NULL ORDER BY start_by LIMIT ${MAX_MISSED_AT_ONCE}`,
      );
      if (missed.length === 0 || this.isStopping) return ended;
      const outcomes = await this.pool.transaction('missed starts', [], (tx) =>
        resolveAll(
          tx,
          missed.map((one) => ({ by: 'deadline', kind: 'miss', ...one, reason: MISSED })),
        ),
      );
      const endedNow = outcomes.filter((outcome) => 'state' in outcome).length;
      if (endedNow === 0) return ended; // all of them have started, or were ended by another
      ended += endedNow;
    }
  }
}
