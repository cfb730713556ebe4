import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { recordAudit } from '#features/audit/audit.service';
import { HotPool } from '#platform/database/hot-pool';
import { WakeLoop } from '#platform/outbox/wake-loop';

const LOOK_EVERY_MS = 5_000;
const ACTOR = { kind: 'system', id: 'pause-ends' } as const;

/** Lifts pauses whose time is over, so that everything else knows living ones only. */
@Injectable()
export class PauseEnds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WakeLoop({ name: 'pause ends', everyMs: LOOK_EVERY_MS, run: () => this.lift() });

  constructor(@Inject(HotPool) private readonly pool: HotPool) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  async lift(): Promise<void> {
    await this.pool.transaction('lift ended pauses', [], async (tx) => {
      const pools = await tx.query('DELETE FROM pool_pauses WHERE ends_at <= now() RETURNING 1');
      const tenants = await tx.query<{ tenantId: string }>(
        'DELETE FROM tenant_pauses WHERE ends_at <= now() RETURNING tenant_id AS "tenantId"',
      );
      await recordAudit(
        tx,
        tenants.map(({ tenantId }) => ({ tenantId, actor: ACTOR, action: 'tenant.resumed', targetId: tenantId })),
      );
      if (pools.length + tenants.length > 0) await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
    });
  }
}
