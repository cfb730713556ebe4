import { Inject, Injectable } from '@nestjs/common';
import { MAX_MISSED_AT_ONCE, MissSweep } from '#features/generations/miss-sweep';
import { HotPool } from '#platform/database/hot-pool';

const SWEEP_EVERY_MS = 1_000;

/** Ends generations that wait past their `startBy`. */
@Injectable()
export class MissedStarts extends MissSweep {
  constructor(@Inject(HotPool) pool: HotPool) {
    super(pool, {
      name: 'missed starts',
      everyMs: SWEEP_EVERY_MS,
      by: 'deadline',
      reason: 'Not started by its startBy; nothing was charged',
      find: `SELECT tenant_id AS "tenantId", id AS "generationId" FROM generations
              WHERE state = 'queued' AND start_by < now() AND first_began_at IS NULL ORDER BY start_by LIMIT ${MAX_MISSED_AT_ONCE}`,
    });
  }
}
