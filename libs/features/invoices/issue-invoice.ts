import { v7 as uuidv7 } from 'uuid';
import type { Period } from '#core/ledger/plans';
import { recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { draftInvoice, SELLER_ID } from '#features/invoices/draft-invoice';
import type { InvoiceWithLines } from '#features/invoices/stored-invoices';
import type { Tx } from '#platform/database/tx';

/**
 * Issues the invoice of a month that has ended, with the seller's next number. May run again: a month is invoiced once. A month in which
 * nothing happened has no invoice and takes no number.
 * @returns whether one was issued
 */
export async function issueInvoice(tx: Tx, tenantId: string, month: Period): Promise<boolean> {
  const draft = await draftInvoice(tx, tenantId, month);
  if (draft.lines.length === 0) return false;
  // Others that issue wait here; only then it is known whether this month has its invoice.
  const [seller] = await tx.query<{ number: number }>('SELECT last_number + 1 AS number FROM invoice_sellers WHERE id = $1 FOR UPDATE', [
    SELLER_ID,
  ]);
  const id = uuidv7();
  const [made] = await tx.query<{ full_number: string }>(INSERT_INVOICE, [
    tenantId,
    id,
    SELLER_ID,
    seller?.number,
    `${draft.month}-01`,
    draft.currency,
    draft.plan,
    draft.creditPriceMillicents,
    draft.subtotalCents,
    draft.taxRateBasisPoints,
    draft.taxCents,
    draft.totalCents,
    JSON.stringify(draft.seller),
    JSON.stringify(draft.buyer),
  ]);
  if (!made) return false;
  await tx.query('UPDATE invoice_sellers SET last_number = $2 WHERE id = $1', [SELLER_ID, seller?.number]);
  await tx.query(INSERT_LINES, [tenantId, id, JSON.stringify(draft.lines.map(storedLine))]);
  const data = {
    ...{ invoiceId: id, number: made.full_number, month: draft.month, currency: draft.currency },
    totalCents: draft.totalCents.toString(),
  };
  await recordAudit(tx, [{ tenantId, actor: { kind: 'system', id: 'invoices' }, action: 'invoice.issued', targetId: id, data }]);
  await recordEvents(tx, [{ tenantId, type: 'invoice.issued', data }]);
  return true;
}

const INSERT_INVOICE = `
  INSERT INTO invoices (tenant_id, id, seller_id, number, number_prefix, month, currency, plan, credit_price_millicents, subtotal_cents,
                        tax_rate_basis_points, tax_cents, total_cents, seller, buyer)
  SELECT $1, $2, s.id, $4, s.number_prefix, $5::date, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14::jsonb FROM invoice_sellers s WHERE s.id = $3
  ON CONFLICT (tenant_id, month) DO NOTHING
  RETURNING number_prefix || '-' || lpad(number::text, 6, '0') AS full_number`;

const INSERT_LINES = `
  INSERT INTO invoice_lines (tenant_id, invoice_id, line_number, kind, project_id, project_name, model, service_tier, source, plan, quantity,
                             micro, price_millicents, amount_cents)
  SELECT $1, $2, l.line_number, l.kind, l.project_id, l.project_name, l.model, l.service_tier, l.source, l.plan, l.quantity, l.micro,
         l.price_millicents, l.amount_cents
    FROM jsonb_to_recordset($3::jsonb) AS l (line_number integer, kind text, project_id uuid, project_name text, model text, service_tier text,
                                             source text, plan text, quantity integer, micro bigint, price_millicents integer, amount_cents bigint)`;

function storedLine(line: InvoiceWithLines['lines'][number], at: number) {
  const { kind, model, source, plan, quantity } = line;
  return {
    ...{ kind, model, source, plan, quantity, line_number: at + 1 },
    project_id: line.projectId,
    project_name: line.projectName,
    service_tier: line.serviceTier,
    micro: line.micro.toString(),
    price_millicents: line.priceMillicents,
    amount_cents: line.amountCents.toString(),
  };
}
