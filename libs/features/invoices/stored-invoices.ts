import type { InvoiceLine } from '#core/invoices/invoice-lines';
import type { PlanName } from '#core/ledger/plans';
import { type LineColumns, unpricedLine } from '#features/invoices/line-columns';
import type { Tx } from '#platform/database/tx';

/** Who sells, as it stood when the invoice was issued. */
export interface Seller {
  name: string;
  address: string;
  taxNumber: string | null;
}

/** Who buys, as it stood when the invoice was issued. */
export interface Buyer extends Seller {
  country: string | null;
  email: string | null;
}

/** An invoice; a draft has no id, number and time yet. */
export interface Invoice {
  tenantId: string;
  id: string | null;
  /** With the seller's prefix. */
  number: string | null;
  /** `2026-11` */
  month: string;
  issuedAt: Date | null;
  currency: 'USD';
  plan: PlanName | null;
  creditPriceMillicents: number;
  subtotalCents: bigint;
  taxRateBasisPoints: number;
  taxCents: bigint;
  totalCents: bigint;
  seller: Seller;
  buyer: Buyer;
}

export interface InvoiceWithLines extends Invoice {
  lines: readonly InvoiceLine[];
}

/** Newest first. @param before id of the last invoice of the page before */
export async function listStored(tx: Tx, tenantId: string, limit: number, before: string | undefined): Promise<Invoice[]> {
  const rows = await tx.query<InvoiceRow>(
    `SELECT ${COLUMNS} FROM invoices
      WHERE tenant_id = $1 AND ($2::uuid IS NULL OR month < (SELECT month FROM invoices WHERE tenant_id = $1 AND id = $2))
      ORDER BY month DESC LIMIT $3`,
    [tenantId, before ?? null, limit],
  );
  return rows.map(invoiceOf);
}

/** @param key an invoice's id, or a month as `2026-11` */
export async function findStored(tx: Tx, tenantId: string, key: { id: string } | { month: string }): Promise<InvoiceWithLines | null> {
  const [row] = await tx.query<InvoiceRow>(
    `SELECT ${COLUMNS} FROM invoices WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR month = ($3 || '-01')::date)`,
    [tenantId, 'id' in key ? key.id : null, 'month' in key ? key.month : null],
  );
  if (!row) return null;
  const lines = await tx.query<LineRow>(
    `SELECT kind, project_id, project_name, model, service_tier, source, plan, quantity, micro, price_millicents, amount_cents
       FROM invoice_lines WHERE tenant_id = $1 AND invoice_id = $2 ORDER BY line_number`,
    [tenantId, row.id],
  );
  return { ...invoiceOf(row), lines: lines.map(lineOf) };
}

const COLUMNS = `tenant_id, id, number_prefix || '-' || lpad(number::text, 6, '0') AS full_number, to_char(month, 'YYYY-MM') AS month, issued_at, plan,
  credit_price_millicents, subtotal_cents, tax_rate_basis_points, tax_cents, total_cents, seller, buyer`;

interface InvoiceRow {
  tenant_id: string;
  id: string;
  full_number: string;
  month: string;
  issued_at: Date;
  plan: PlanName | null;
  credit_price_millicents: number;
  subtotal_cents: string;
  tax_rate_basis_points: number;
  tax_cents: string;
  total_cents: string;
  seller: Seller;
  buyer: Buyer;
}

interface LineRow extends LineColumns {
  price_millicents: number | null;
  amount_cents: string;
}

function invoiceOf(row: InvoiceRow): Invoice {
  const { id, month, plan, seller, buyer } = row;
  return {
    ...{ id, month, plan, seller, buyer, currency: 'USD' },
    tenantId: row.tenant_id,
    number: row.full_number,
    issuedAt: row.issued_at,
    creditPriceMillicents: row.credit_price_millicents,
    subtotalCents: BigInt(row.subtotal_cents),
    taxRateBasisPoints: row.tax_rate_basis_points,
    taxCents: BigInt(row.tax_cents),
    totalCents: BigInt(row.total_cents),
  };
}

function lineOf(row: LineRow): InvoiceLine {
  return { ...unpricedLine(row), priceMillicents: row.price_millicents, amountCents: BigInt(row.amount_cents) };
}
