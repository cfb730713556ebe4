import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import {
  ADJUSTMENTS_ACCOUNT_ID,
  CLEARING_ACCOUNT_ID,
  type ReservedPart,
  type TenantAccounts,
  type TransferCode,
} from '#core/ledger/accounts';
import { formatCredits } from '#core/ledger/credits';
import { refund } from '#core/ledger/refund';
import { afterMove, burn } from '#core/ledger/reserve';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { grantCredits, type NewGrant } from '#features/ledger/grants.service';
import { lockAccounts, saveMovements } from '#features/ledger/movements.service';
import { HotPool } from '#platform/database/hot-pool';
import type { HotTx, Tx } from '#platform/database/tx';

export interface GrantRow {
  id: string;
  source: 'plan_period' | 'top_up' | 'promotion' | 'service_credit';
  amount_micro: string;
  remaining_micro: string;
  priority: number;
  effective_at: Date;
  expires_at: Date | null;
  closed_at: Date | null;
  project_id: string | null;
  model_families: string[] | null;
}

/** A service credit that stands in for ended grants can be spent for this long. */
const SERVICE_CREDIT_DAYS = 90;
const DAY_MS = 86_400_000;

/** Credits given, moved and corrected. Every change is new transfers; nothing that was written is edited. */
@Injectable()
export class CreditsService {
  constructor(private readonly db: HotPool) {}

  async list(tenantId: string, { limit, after }: { limit: number; after?: string }): Promise<GrantRow[]> {
    return this.db.transaction('list grants', [tenantId], (tx) =>
      tx.query<GrantRow>(`${SELECT_GRANTS} AND ($2::uuid IS NULL OR g.id > $2) ORDER BY g.id LIMIT $3`, [tenantId, after ?? null, limit]),
    );
  }

  /** Grants once: the same id again answers what stands. */
  async grant(caller: Caller, grant: Omit<NewGrant, 'accountId' | 'id'> & { id?: string }): Promise<GrantRow | NamedRefusal> {
    const { tenantId } = grant;
    const id = grant.id ?? uuidv7();
    return this.db.transaction('grant', [tenantId], async (tx) => {
      if (grant.projectId && !(await hasProject(tx, tenantId, grant.projectId)))
        return { refused: 'not_found', detail: 'Project not found' };
      const isNew = await grantCredits(tx, { ...grant, id, accountId: uuidv7() });
      if (isNew) await this.told(tx, caller, { ...grant, id }, 'credits.granted');
      const [row] = await grantRows(tx, tenantId, [id]);
      return row as GrantRow;
    });
  }

  /** Both sides in one transaction, over the clearing account: each tenant's rows name its own accounts only. */
  async fund(caller: Caller, brandId: string, amountMicro: bigint): Promise<GrantRow[] | NamedRefusal> {
    const agencyId = caller.tenantId;
    return this.db.transaction('fund brand', [agencyId, brandId], async (tx) => {
      const accounts = await lockAccounts(tx, [agencyId, brandId]);
      const agency = accounts.get(agencyId) as TenantAccounts;
      const taken = burn(agency, amountMicro, new Date(), { projectId: null, modelFamily: '' });
      if ('refused' in taken) return missing(taken.missingMicro);
      take(tx, agency, taken.parts, CLEARING_ACCOUNT_ID, 'fund');
      const made: string[] = [];
      for (const { accountId, amountMicro: partMicro } of taken.parts) {
        const from = agency.available.find(({ id }) => id === accountId);
        if (!from) throw new Error(`account ${accountId} is not among the locked`);
        const { source, priority, expiresAt } = from;
        const grant = { tenantId: brandId, id: uuidv7(), amountMicro: partMicro, source, priority, expiresAt };
        await grantCredits(tx, { ...grant, accountId: uuidv7(), from: { accountId: CLEARING_ACCOUNT_ID, code: 'fund' } });
        await this.told(tx, caller, grant, 'credits.funded');
        made.push(grant.id);
      }
      const data = { brandId, credits: formatCredits(amountMicro) };
      await recordAudit(tx, [{ tenantId: agencyId, actor: actorOf(caller), action: 'credits.sent', targetId: brandId, data }]);
      return grantRows(tx, brandId, made);
    });
  }

  async adjust(
    caller: Caller,
    tenantId: string,
    { direction, amountMicro, reason }: { direction: 'give' | 'take'; amountMicro: bigint; reason: string },
  ): Promise<'adjusted' | NamedRefusal> {
    return this.db.transaction('adjust', [tenantId], async (tx) => {
      if (direction === 'give') {
        const from = { accountId: ADJUSTMENTS_ACCOUNT_ID, code: 'adjust' as const };
        await grantCredits(tx, { tenantId, id: uuidv7(), accountId: uuidv7(), amountMicro, source: 'service_credit', from });
      } else {
        const accounts = (await lockAccounts(tx, [tenantId])).get(tenantId) as TenantAccounts;
        const taken = burn(accounts, amountMicro, new Date());
        if ('refused' in taken) return missing(taken.missingMicro);
        take(tx, accounts, taken.parts, ADJUSTMENTS_ACCOUNT_ID, 'adjust');
      }
      const data = { direction, credits: formatCredits(amountMicro), reason };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'credits.adjusted', data }]);
      return 'adjusted';
    });
  }

  async refund(
    caller: Caller,
    tenantId: string,
    { generationId, amountMicro, reason }: { generationId: string; amountMicro?: bigint; reason: string },
  ): Promise<{ refundedMicro: bigint } | NamedRefusal> {
    return this.db.transaction('refund', [tenantId], async (tx) => {
      const accounts = (await lockAccounts(tx, [tenantId])).get(tenantId) as TenantAccounts;
      const spent = await spentOn(tx, tenantId, generationId);
      if (!spent) return { refused: 'not_found', detail: 'No completed generation has this id' };
      const now = new Date();
      const wantedMicro = amountMicro ?? spent.settledMicro - spent.refundedMicro;
      const terms = { amountMicro: wantedMicro, refundedMicro: spent.refundedMicro, firstLeg: spent.refunds, now };
      const outcome = refund(accounts, spent.parts, terms);
      if ('refused' in outcome) {
        return { refused: 'not_allowed', detail: `At most ${formatCredits(outcome.refundableMicro)} credits are left to refund` };
      }
      const { transfers, lostGrantsMicro } = outcome;
      saveMovements(tx, new Map([[tenantId, outcome.accounts]]), [{ tenantId, generationId, transfers }]);
      if (lostGrantsMicro > 0n) {
        const from = { accountId: accounts.spent.id, code: 'refund' as const, generationId, leg: spent.refunds + transfers.length };
        const expiresAt = new Date(now.getTime() + SERVICE_CREDIT_DAYS * DAY_MS);
        const grant = { tenantId, id: uuidv7(), amountMicro: lostGrantsMicro, source: 'service_credit' as const, expiresAt };
        await grantCredits(tx, { ...grant, accountId: uuidv7(), from });
      }
      const data = { credits: formatCredits(wantedMicro), reason };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'credits.refunded', targetId: generationId, data }]);
      return { refundedMicro: wantedMicro };
    });
  }

  private async told(tx: Tx, caller: Caller, grant: Omit<NewGrant, 'accountId'>, action: string): Promise<void> {
    const { tenantId, id, source = 'top_up', amountMicro, expiresAt } = grant;
    const data = { grantId: id, source, amountCredits: formatCredits(amountMicro), expiresAt: expiresAt?.toISOString() ?? null };
    await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action, targetId: id, data }]);
    await recordEvents(tx, [{ tenantId, type: 'credits.granted', data }]);
  }
}

const SELECT_GRANTS = `
  SELECT g.id, g.source, g.amount_micro, coalesce(a.balance_micro, 0) AS remaining_micro, g.priority, g.effective_at, g.expires_at, g.closed_at,
         g.project_id, g.model_families
    FROM grants g LEFT JOIN accounts a ON a.tenant_id = g.tenant_id AND a.grant_id = g.id
   WHERE g.tenant_id = $1`;

function grantRows(tx: Tx, tenantId: string, ids: readonly string[]): Promise<GrantRow[]> {
  return tx.query<GrantRow>(`${SELECT_GRANTS} AND g.id = ANY ($2::uuid[]) ORDER BY g.id`, [tenantId, ids]);
}

/** Moves parts of available credits to an account of the platform. */
function take(tx: HotTx, accounts: TenantAccounts, parts: readonly ReservedPart[], creditAccountId: string, code: TransferCode): void {
  const after = { ...afterMove(accounts, parts, -1n), reserved: accounts.reserved };
  const transfers = parts.map(({ accountId, amountMicro }, leg) => ({
    debitAccountId: accountId,
    creditAccountId,
    amountMicro,
    code,
    leg,
  }));
  saveMovements(tx, new Map([[accounts.tenantId, after]]), [{ tenantId: accounts.tenantId, generationId: null, transfers }]);
}

function missing(missingMicro: bigint): NamedRefusal {
  return { refused: 'insufficient_credits', detail: `Insufficient credits. ${formatCredits(missingMicro)} more credits are needed` };
}

async function hasProject(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  return (await tx.query('SELECT 1 FROM projects WHERE tenant_id = $1 AND id = $2', [tenantId, id])).length > 0;
}

/** What a generation spent of which grant, and what earlier refunds returned. */
async function spentOn(tx: Tx, tenantId: string, generationId: string) {
  const [row] = await tx.query<{ reserved: [string, string, string][]; settled_micro: string; refunded_micro: string; refunds: number }>(
    `SELECT g.reserved, r.settled_micro, coalesce(sum(t.amount_micro), 0) AS refunded_micro, count(t.id)::int AS refunds
       FROM generations g
       JOIN resolutions r ON r.tenant_id = g.tenant_id AND r.generation_id = g.id AND r.kind = 'settle'
       LEFT JOIN transfers t ON t.generation_id = g.id AND t.tenant_id = g.tenant_id AND t.code = 'refund'
      WHERE g.tenant_id = $1 AND g.id = $2
      GROUP BY g.reserved, r.settled_micro`,
    [tenantId, generationId],
  );
  return (
    row && {
      parts: row.reserved.map(([grantId, accountId, amount]): ReservedPart => ({ grantId, accountId, amountMicro: BigInt(amount) })),
      settledMicro: BigInt(row.settled_micro),
      refundedMicro: BigInt(row.refunded_micro),
      refunds: row.refunds,
    }
  );
}
