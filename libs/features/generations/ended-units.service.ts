import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { resolveAll } from '#features/generations/resolve-group';
import { HotPool } from '#platform/database/hot-pool';
import { WakeLoop } from '#platform/outbox/wake-loop';

const SWEEP_EVERY_MS = 60_000;
/** In one transaction, whose tenants' accounts are locked until it ends. */
const MAX_ENDED_AT_ONCE = 200;
/** Held work that is let go of later than this after its units ended waits for units for ever. */
const LOOKED_BACK_DAYS = 90;
const NO_UNITS_LEFT = 'The units that it waited for have ended; nothing was charged. Ask again with the tier spillover or shared';

/**
 * Ends dedicated work whose tenant has no units of its pool class any more, nor any to come: nothing could ever start it. Units that a cut took for some
 * days come back, so their work waits.
 */
@Injectable()
export class EndedUnits implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WakeLoop({ name: 'ended units', everyMs: SWEEP_EVERY_MS, run: async () => void (await this.sweep()) });
  private isStopping = false;

  constructor(@Inject(HotPool) private readonly pool: HotPool) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    await this.loop.stop();
  }

  /** @returns how many were ended */
  async sweep(): Promise<number> {
    for (let ended = 0; ; ) {
      const waiting = await this.pool.query<{ tenantId: string; generationId: string }>(WAITING_FOR_NOTHING);
      if (waiting.length === 0 || this.isStopping) return ended;
      const outcomes = await this.pool.transaction('ended units', [], (tx) =>
        resolveAll(
          tx,
          waiting.map((one) => ({ by: 'units', kind: 'miss', ...one, reason: NO_UNITS_LEFT })),
        ),
      );
      const endedNow = outcomes.filter((outcome) => 'state' in outcome).length;
      if (endedNow === 0) return ended; // all of them have started, or were ended by another
      ended += endedNow;
    }
  }
}

const WAITING_FOR_NOTHING = `
  WITH today AS (SELECT (now() AT TIME ZONE 'UTC')::date AS day),
  former AS (
    SELECT DISTINCT k.tenant_id, k.pool_class FROM commitments k, today
     WHERE k.state <> 'cancelled' AND k.ends_on <= today.day AND k.ends_on > today.day - ${LOOKED_BACK_DAYS}
       AND NOT EXISTS (SELECT 1 FROM commitments other WHERE other.tenant_id = k.tenant_id AND other.pool_class = k.pool_class
                        AND other.state <> 'cancelled' AND other.ends_on > today.day)
  )
  SELECT g.tenant_id AS "tenantId", g.id AS "generationId"
    FROM former f CROSS JOIN LATERAL (
      SELECT tenant_id, id FROM generations
       WHERE pool_class = f.pool_class AND tenant_id = f.tenant_id AND service_tier = 'dedicated' AND state = 'queued' AND NOT is_held
       ORDER BY priority DESC, created_at, id LIMIT ${MAX_ENDED_AT_ONCE}
    ) AS g
   LIMIT ${MAX_ENDED_AT_ONCE}`;
