import { type ResolveCommand, resolveAll } from '#features/generations/resolve-group';
import type { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

/** In one transaction, whose tenants' accounts are locked until it ends. */
export const MAX_MISSED_AT_ONCE = 200;

type Miss = Extract<ResolveCommand, { kind: 'miss' }>;

interface MissSweepOptions {
  name: string;
  everyMs: number;
  by: Miss['by'];
  /** For the customer. */
  reason: string;
  /** SQL that finds "tenantId" and "generationId" of at most MAX_MISSED_AT_ONCE. */
  find: string;
}

/**
 * Cancels and releases, free of charge, what waits and must or can never start. Several of these may run at once: what one has ended, or a
 * scheduler has admitted meanwhile, the others leave alone.
 */
export abstract class MissSweep extends Sweep {
  protected constructor(
    private readonly pool: HotPool,
    private readonly options: MissSweepOptions,
  ) {
    super(options);
  }

  /** Ends when nothing of the kind is left. @returns how many were ended */
  async sweep(): Promise<number> {
    const { name, by, reason, find } = this.options;
    for (let ended = 0; ; ) {
      const missed = await this.pool.query<{ tenantId: string; generationId: string }>(find);
      if (missed.length === 0 || this.isStopping) return ended;
      const misses = missed.map((one): Miss => ({ by, kind: 'miss', ...one, reason }));
      const outcomes = await this.pool.transaction(name, [], (tx) => resolveAll(tx, misses));
      const endedNow = outcomes.filter((outcome) => 'state' in outcome).length;
      if (endedNow === 0) return ended; // all of them have started, or were ended by another
      ended += endedNow;
    }
  }
}
