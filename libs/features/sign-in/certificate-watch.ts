import { Inject, Injectable } from '@nestjs/common';
import { dueWarning } from '#core/access/certificate-expiry';
import { recordEvents } from '#features/events/events.service';
import { describeCertificate, type SamlProvider } from '#features/sign-in/saml/provider-metadata';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

const SWEEP_EVERY_MS = 3_600_000;
const MAX_AT_ONCE = 200;

interface WatchedRow {
  tenant_id: string;
  id: string;
  settings: SamlProvider;
  warned_of: Date | null;
  warned_days: number | null;
}

/** Warns of connections whose last certificate is about to expire. Several of these may run at once. */
@Injectable()
export class CertificateWatch extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'certificate watch', everyMs: SWEEP_EVERY_MS });
  }

  async sweep(): Promise<void> {
    let after: string | null = null;
    while (!this.isStopping) {
      const rows: WatchedRow[] = await this.pool.query<WatchedRow>(
        `SELECT tenant_id, id, settings, warned_of, warned_days FROM sign_in_connections
          WHERE kind = 'saml' AND state <> 'draft' AND removed_at IS NULL AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT ${MAX_AT_ONCE}`,
        [after],
      );
      for (const row of rows) await this.warn(row);
      if (rows.length < MAX_AT_ONCE) return;
      after = rows.at(-1)?.id ?? null;
    }
  }

  private async warn({ tenant_id: tenantId, id, settings, warned_of, warned_days }: WatchedRow): Promise<void> {
    const expiresAt = lastEnd(settings);
    const isSameEnd = warned_of?.getTime() === expiresAt.getTime();
    const days = dueWarning(expiresAt, new Date(), isSameEnd ? warned_days : null);
    if (days === undefined) return;
    await this.pool.transaction('warn of certificate', [], async (tx) => {
      const told = await tx.query(
        `UPDATE sign_in_connections SET warned_of = $3, warned_days = $4
          WHERE tenant_id = $1 AND id = $2 AND (warned_of IS DISTINCT FROM $3 OR warned_days > $4) RETURNING 1`,
        [tenantId, id, expiresAt, days],
      );
      if (told.length === 0) return; // another process was first
      const data = { connectionId: id, expiresAt: expiresAt.toISOString(), days };
      await recordEvents(tx, [{ tenantId, type: 'sign_in.certificate_expiring', data }]);
    });
  }
}

/** When nobody can sign in by the provider any more: the end of the certificate that lasts longest. */
function lastEnd({ certificates }: SamlProvider): Date {
  return new Date(Math.max(...certificates.map((pem) => new Date(describeCertificate(pem).expiresAt).getTime())));
}
