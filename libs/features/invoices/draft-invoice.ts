import { creditPriceMillicents, totalsOf } from '#core/invoices/invoice-lines';
import { monthNameOf } from '#core/invoices/months';
import type { Period, PlanName } from '#core/ledger/plans';
import { readLines } from '#features/invoices/read-lines';
import type { Buyer, InvoiceWithLines, Seller } from '#features/invoices/stored-invoices';
import type { Tx } from '#platform/database/tx';

/** Whose numbers and name are on every invoice. */
export const SELLER_ID = 'halogen';

/** A month as it stands: what would be issued if nothing more came. */
export async function draftInvoice(tx: Tx, tenantId: string, month: Period): Promise<InvoiceWithLines> {
  const lines = await readLines(tx, tenantId, month);
  const [facts] = await tx.query<FactsRow>(FACTS, [tenantId, SELLER_ID, month.startsAt, month.endsAt]);
  if (!facts) throw new Error(`tenant ${tenantId} or seller ${SELLER_ID} is not there`);
  const { plan, seller, buyer, tax_rate_basis_points: taxRateBasisPoints } = facts;
  return {
    ...{ tenantId, id: null, number: null, issuedAt: null, currency: 'USD', month: monthNameOf(month.startsAt) },
    ...{ plan, seller, buyer, taxRateBasisPoints, lines },
    creditPriceMillicents: creditPriceMillicents(plan),
    ...totalsOf(lines, taxRateBasisPoints),
  };
}

interface FactsRow {
  plan: PlanName | null;
  seller: Seller;
  buyer: Buyer;
  tax_rate_basis_points: number;
}

const FACTS = `
  SELECT (SELECT c.plan FROM plan_charges c WHERE c.tenant_id = t.id AND c.starts_at < $4 AND c.ends_at > $3
           ORDER BY c.created_at DESC, c.id DESC LIMIT 1) AS plan,
         jsonb_build_object('name', s.name, 'address', s.address, 'taxNumber', s.tax_number) AS seller,
         jsonb_build_object('name', coalesce(nullif(b.name, ''), t.name), 'address', coalesce(b.address, ''), 'taxNumber', b.tax_number,
                            'country', b.country, 'email', b.email) AS buyer,
         coalesce(b.tax_rate_basis_points, 0) AS tax_rate_basis_points
    FROM tenants t CROSS JOIN invoice_sellers s LEFT JOIN billing_details b ON b.tenant_id = t.id
   WHERE t.id = $1 AND s.id = $2`;
