import { Inject, Injectable } from '@nestjs/common';
import { MAX_MISSED_AT_ONCE, MissSweep } from '#features/generations/miss-sweep';
import { HotPool } from '#platform/database/hot-pool';

const SWEEP_EVERY_MS = 60_000;
/** Held work that is let go of later than this after its units ended waits for units for ever. */
const LOOKED_BACK_DAYS = 90;
const NO_UNITS_LEFT = 'The units that it waited for have ended; nothing was charged. Ask again with the tier spillover or shared';

/**
 * Ends dedicated work whose tenant has no units of its pool class any more, nor any to come: nothing could ever start it. Units that a cut took for some
 * days come back, so their work waits.
 */
@Injectable()
export class EndedUnits extends MissSweep {
  constructor(@Inject(HotPool) pool: HotPool) {
    super(pool, { name: 'ended units', everyMs: SWEEP_EVERY_MS, by: 'units', reason: NO_UNITS_LEFT, find: WAITING_FOR_NOTHING });
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
       ORDER BY priority DESC LIMIT ${MAX_MISSED_AT_ONCE}
    ) AS g
   LIMIT ${MAX_MISSED_AT_ONCE}`;
