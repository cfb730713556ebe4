import { Inject, Injectable, Logger } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { recordEvents } from '#features/events/events.service';
import { type LedgerDifference, ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

const EVERY_MS = 600_000;
/** A full look at the ledger reads every transfer. */
const TIME_LIMIT = '10min';

/** Proves the ledger again and again. A difference is logged, counted and told to the tenant it is about, once for as long as it lasts. */
@Injectable()
export class Reconciliation extends Sweep {
  private readonly logger = new Logger('reconciliation');
  private readonly found = metrics
    .getMeter('halogen')
    .createGauge('halogen.ledger.differences', { description: 'What does not add up in the ledger. Anything but 0 is an incident.' });
  private known = new Set<string>();

  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'reconciliation', everyMs: EVERY_MS });
  }

  /** @returns everything that does not add up now */
  async sweep(): Promise<LedgerDifference[]> {
    const differences = await this.pool.transaction('reconcile', [], async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = '${TIME_LIMIT}'`);
      const all = await ledgerDifferences(tx);
      const fresh = all.filter((difference) => !this.known.has(keyOf(difference)));
      await recordEvents(
        tx,
        fresh.flatMap(({ tenantId, invariant, what }) =>
          tenantId ? [{ tenantId, type: 'ledger.difference' as const, data: { invariant, what } }] : [],
        ),
      );
      return all;
    });
    this.found.record(differences.length);
    for (const difference of differences) {
      if (!this.known.has(keyOf(difference))) this.logger.error({ msg: 'the ledger does not add up', ...difference });
    }
    this.known = new Set(differences.map(keyOf));
    return differences;
  }
}

function keyOf({ invariant, tenantId, what }: LedgerDifference): string {
  return `${invariant} ${tenantId} ${what}`;
}
