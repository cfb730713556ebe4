import { Inject, Injectable } from '@nestjs/common';
import { formatCredits } from '#core/ledger/credits';
import { recordEvents } from '#features/events/events.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const EVERY_MS = 10_000;

/** Tells tenants that less is available than the line they drew: once for each time it is crossed. */
@Injectable()
export class CreditsWatch extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'credits watch', everyMs: EVERY_MS });
  }

  async sweep(): Promise<void> {
    await this.pool.transaction('watch credits', [], tellLow);
  }
}

async function tellLow(tx: Tx): Promise<void> {
  const low = await tx.query<{ id: string; available: string; credits_low_micro: string }>(
    `WITH watched AS (
       SELECT t.id, t.credits_low_micro, t.credits_low_told_at,
              (SELECT coalesce(sum(a.balance_micro), 0) FROM accounts a JOIN grants g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id
                WHERE a.tenant_id = t.id AND g.effective_at <= now() AND coalesce(g.expires_at > now(), true)) AS available
         FROM tenants t WHERE t.credits_low_micro IS NOT NULL
     )
     UPDATE tenants t SET credits_low_told_at = CASE WHEN w.available < w.credits_low_micro THEN now() END
       FROM watched w
      WHERE t.id = w.id AND (w.available < w.credits_low_micro) <> (t.credits_low_told_at IS NOT NULL)
     RETURNING t.id, w.available::text, w.credits_low_micro`,
  );
  await recordEvents(
    tx,
    low
      .filter(({ available, credits_low_micro }) => BigInt(available) < BigInt(credits_low_micro))
      .map(({ id, available, credits_low_micro }) => ({
        tenantId: id,
        type: 'credits.low',
        data: { availableCredits: formatCredits(BigInt(available)), thresholdCredits: formatCredits(BigInt(credits_low_micro)) },
      })),
  );
}
