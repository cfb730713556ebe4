import { Injectable } from '@nestjs/common';
import type { Caller } from '#core/access/caller';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { SELLER_ID } from '#features/invoices/draft-invoice';
import { HotPool } from '#platform/database/hot-pool';

export interface InvoiceSeller {
  name: string;
  address: string;
  taxNumber: string | null;
  numberPrefix: string;
  lastNumber: number;
}

/** Who issues invoices. Each invoice keeps a copy: what changes here changes the next one. */
@Injectable()
export class InvoiceSellerService {
  constructor(private readonly db: HotPool) {}

  async get(): Promise<InvoiceSeller> {
    const [seller] = await this.db.query<InvoiceSeller>(`SELECT ${COLUMNS} FROM invoice_sellers WHERE id = $1`, [SELLER_ID]);
    if (!seller) throw new Error(`seller ${SELLER_ID} is not there`);
    return seller;
  }

  /** @param caller is of the platform's staff; the change is in the audit log of their own tenant */
  async change(caller: Caller, change: Partial<Omit<InvoiceSeller, 'lastNumber'>>): Promise<InvoiceSeller> {
    return this.db.transaction('change invoice seller', [caller.tenantId], async (tx) => {
      const [seller] = await tx.query<InvoiceSeller>(CHANGE, [SELLER_ID, JSON.stringify(change)]);
      if (!seller) throw new Error(`seller ${SELLER_ID} is not there`);
      await recordAudit(tx, [
        { tenantId: caller.tenantId, actor: actorOf(caller), action: 'invoice_seller.changed', targetId: SELLER_ID, data: change },
      ]);
      return seller;
    });
  }
}

const COLUMNS = 'name, address, tax_number AS "taxNumber", number_prefix AS "numberPrefix", last_number AS "lastNumber"';

/** What the change does not name stays. */
const CHANGE = `
  UPDATE invoice_sellers
     SET name = coalesce($2::jsonb ->> 'name', name), address = coalesce($2::jsonb ->> 'address', address),
         tax_number = CASE WHEN $2::jsonb ? 'taxNumber' THEN $2::jsonb ->> 'taxNumber' ELSE tax_number END,
         number_prefix = coalesce($2::jsonb ->> 'numberPrefix', number_prefix)
   WHERE id = $1
  RETURNING ${COLUMNS}`;
