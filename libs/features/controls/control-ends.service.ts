import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type AuditEntry, recordAudit } from '#features/audit/audit.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { WakeLoop } from '#platform/outbox/wake-loop';

const LOOK_EVERY_MS = 5_000;
const ACTOR = { kind: 'system', id: 'control-ends' } as const;

/** Lifts pauses and switches whose time is over, and closes proposals that nobody decided, so that everything else knows living ones only. Audits each. */
@Injectable()
export class ControlEnds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WakeLoop({ name: 'control ends', everyMs: LOOK_EVERY_MS, run: () => this.end() });

  constructor(@Inject(HotPool) private readonly pool: HotPool) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  async end(): Promise<void> {
    await this.pool.transaction('end controls', [], async (tx) => {
      const pauses = await liftPauses(tx);
      const switches = await liftSwitches(tx);
      await recordAudit(tx, [...pauses, ...switches, ...(await closeProposals(tx))]);
      if (pauses.length > 0) await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
      if (switches.length > 0) await tx.query(`SELECT pg_notify('halogen_switches', '')`);
    });
  }
}

async function liftPauses(tx: Tx): Promise<AuditEntry[]> {
  const pools = await tx.query<{ poolClass: string; pausedIn: string | null }>(
    'DELETE FROM pool_pauses WHERE ends_at <= now() RETURNING pool_class AS "poolClass", paused_in AS "pausedIn"',
  );
  const tenants = await tx.query<{ tenantId: string }>(
    'DELETE FROM tenant_pauses WHERE ends_at <= now() RETURNING tenant_id AS "tenantId"',
  );
  return [
    ...tenants.map(({ tenantId }) => ({ tenantId, actor: ACTOR, action: 'tenant.resumed', targetId: tenantId })),
    // One from before it was kept who had paused it is in nobody's log.
    ...pools.flatMap(({ poolClass, pausedIn }) =>
      pausedIn === null ? [] : [{ tenantId: pausedIn, actor: ACTOR, action: 'pool.resumed', targetId: poolClass }],
    ),
  ];
}

async function liftSwitches(tx: Tx): Promise<AuditEntry[]> {
  const ended = await tx.query<{ id: string; stops: string; scope: string; subject: string | null; setIn: string }>(
    'DELETE FROM switches WHERE ends_at <= now() RETURNING id, stops, scope, subject, set_in AS "setIn"',
  );
  return ended.map(({ id, setIn, ...data }) => {
    const tenantId = data.scope === 'tenant' && data.subject !== null ? data.subject : setIn;
    return { tenantId, actor: ACTOR, action: 'switch.ended', targetId: id, data };
  });
}

async function closeProposals(tx: Tx): Promise<AuditEntry[]> {
  const expired = await tx.query<{ id: string; proposedIn: string; proposer: string }>(
    `UPDATE proposals SET decision = 'expired', decided_at = expires_at WHERE decision IS NULL AND expires_at <= now()
     RETURNING id, proposed_in AS "proposedIn", proposer`,
  );
  return expired.map(({ id, proposedIn, proposer }) => {
    return { tenantId: proposedIn, actor: ACTOR, action: 'proposal.expired', targetId: id, data: { proposedBy: proposer } };
  });
}
