import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { monthNamed } from '#core/invoices/months';
import { monthAround } from '#core/ledger/plans';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { draftInvoice } from '#features/invoices/draft-invoice';
import { findStored, type Invoice, type InvoiceWithLines, listStored } from '#features/invoices/stored-invoices';
import { isPlatformStaff } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';

/** How a tenant is called and taxed on its next invoice. */
export interface BillingDetails {
  name: string;
  address: string;
  country: string | null;
  taxNumber: string | null;
  email: string | null;
  taxRateBasisPoints: number;
}

export const NO_DETAILS: BillingDetails = { name: '', address: '', country: null, taxNumber: null, email: null, taxRateBasisPoints: 0 };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TAX_RATE_IS_STAFFS: NamedRefusal = { refused: 'not_allowed', detail: 'The tax rate is set by the platform: ask its support' };

/** Invoices as customers read them. They are issued by a job. */
@Injectable()
export class InvoicesService {
  constructor(private readonly db: HotPool) {}

  /** Newest first; the first page begins with drafts of the month that runs and of one that ended and is not issued yet. */
  async list(tenantId: string, { limit, after }: { limit: number; after?: string }, now = new Date()): Promise<Invoice[]> {
    return this.db.transaction('list invoices', [tenantId], async (tx) => {
      const issued = await listStored(tx, tenantId, limit, after);
      if (after !== undefined) return issued;
      const thisMonth = monthAround(now);
      const drafts = [await draftInvoice(tx, tenantId, thisMonth)];
      const before = await draftInvoice(tx, tenantId, monthAround(new Date(thisMonth.startsAt.getTime() - 1)));
      if (before.lines.length > 0 && !issued.some(({ month }) => month === before.month)) drafts.push(before);
      return [...drafts, ...issued].slice(0, limit);
    });
  }

  /** @param key an invoice's id, or a month as `2026-11`: its invoice, or the draft while there is none */
  async get(tenantId: string, key: string, now = new Date()): Promise<InvoiceWithLines | null> {
    const month = monthNamed(key);
    if (!month && !UUID.test(key)) return null;
    return this.db.transaction('get invoice', [tenantId], async (tx) => {
      const issued = await findStored(tx, tenantId, month ? { month: key } : { id: key });
      if (issued || !month || month.startsAt > now) return issued;
      const draft = await draftInvoice(tx, tenantId, month);
      return draft.lines.length > 0 || month.endsAt > now ? draft : null;
    });
  }

  async billingDetails(tenantId: string): Promise<BillingDetails> {
    const [row] = await this.db.transaction('get billing details', [tenantId], (tx) => tx.query<BillingDetails>(READ_DETAILS, [tenantId]));
    return row ?? NO_DETAILS;
  }

  /** Invoices that are issued keep what they say. */
  async changeBillingDetails(caller: Caller, tenantId: string, change: Partial<BillingDetails>): Promise<BillingDetails | NamedRefusal> {
    if (change.taxRateBasisPoints !== undefined && !isPlatformStaff(caller)) return TAX_RATE_IS_STAFFS;
    return this.db.transaction('change billing details', [tenantId], async (tx) => {
      await tx.query('INSERT INTO billing_details (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING', [tenantId]);
      const [before = NO_DETAILS] = await tx.query<BillingDetails>(`${READ_DETAILS} FOR UPDATE`, [tenantId]);
      const after = { ...before, ...change };
      await tx.query(
        `UPDATE billing_details SET name = $2, address = $3, country = $4, tax_number = $5, email = $6, tax_rate_basis_points = $7, updated_at = now()
          WHERE tenant_id = $1`,
        [tenantId, after.name, after.address, after.country, after.taxNumber, after.email, after.taxRateBasisPoints],
      );
      await recordAudit(tx, [
        { tenantId, actor: actorOf(caller), action: 'billing_details.changed', data: { fields: Object.keys(change) } },
      ]);
      return after;
    });
  }
}

const READ_DETAILS = `
  SELECT name, address, country, tax_number AS "taxNumber", email, tax_rate_basis_points AS "taxRateBasisPoints" FROM billing_details WHERE tenant_id = $1`;
