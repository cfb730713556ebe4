import { Inject, Injectable } from '@nestjs/common';
import { KEY_KEPT_HOURS, RESEND_KNOWN_MS } from '#core/access/once';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

const SWEEP_EVERY_MS = 30_000;
/** Rows of one statement, so that no sweep holds locks for long. */
const MAX_ROWS = 5_000;

const MINUTE_MS = 60_000;
const FORGET = [
  `DELETE FROM idempotency_keys WHERE ctid IN (
     SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '${KEY_KEPT_HOURS} hours' LIMIT ${MAX_ROWS}) RETURNING 1`,
  `DELETE FROM recent_creates WHERE ctid IN (
     SELECT ctid FROM recent_creates WHERE created_at < now() - interval '${RESEND_KNOWN_MS + MINUTE_MS} milliseconds' LIMIT ${MAX_ROWS}) RETURNING 1`,
  `DELETE FROM booked_slots WHERE ctid IN (
     SELECT ctid FROM booked_slots
      WHERE promised_ms < extract(epoch FROM now()) * 1000 - ${RESEND_KNOWN_MS + MINUTE_MS} LIMIT ${MAX_ROWS}) RETURNING 1`,
];

/** Forgets what re-sent creates can no longer ask for, so that these tables stay as small as the last day and the last minutes. */
@Injectable()
export class CreateMemorySweep extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'create memory sweep', everyMs: SWEEP_EVERY_MS });
  }

  async sweep(): Promise<void> {
    for (const forget of FORGET) {
      while (!this.isStopping && (await this.pool.query(forget)).length === MAX_ROWS);
    }
  }
}
