import type { InvoiceSummary, InvoiceView } from '#contracts/native/invoices';
import type { InvoiceLine } from '#core/invoices/invoice-lines';
import { formatCredits } from '#core/ledger/credits';
import { csvLine } from '#core/text/csv';
import type { Invoice, InvoiceWithLines } from '#features/invoices/stored-invoices';

export function invoiceSummary(invoice: Invoice): InvoiceSummary {
  const { id, number, month, issuedAt, currency, plan, creditPriceMillicents, taxRateBasisPoints } = invoice;
  return {
    id: id ?? month,
    state: id === null ? 'draft' : 'issued',
    ...{ number, month, currency, plan, creditPriceMillicents, taxRateBasisPoints },
    issuedAt: issuedAt?.toISOString() ?? null,
    subtotalCents: invoice.subtotalCents.toString(),
    taxCents: invoice.taxCents.toString(),
    totalCents: invoice.totalCents.toString(),
  };
}

export function invoiceView(invoice: InvoiceWithLines): InvoiceView {
  const { seller, buyer, lines } = invoice;
  return { ...invoiceSummary(invoice), seller, buyer, lines: lines.map(lineView) };
}

function lineView({ micro, priceMillicents, amountCents, source, ...line }: InvoiceLine) {
  return {
    ...line,
    paidFrom: source,
    credits: formatCredits(micro),
    creditPriceMillicents: priceMillicents,
    amountCents: amountCents.toString(),
  };
}

const COLUMNS = [
  ...['kind', 'project', 'project name', 'model', 'tier', 'paid from', 'plan', 'quantity', 'credits'],
  ...['credit price millicents', 'amount cents'],
];

export function invoiceCsv({ lines }: InvoiceWithLines): string {
  const csv = lines.map((line) =>
    csvLine([
      line.kind,
      line.projectId,
      line.projectName,
      line.model,
      line.serviceTier,
      line.source,
      line.plan,
      line.quantity,
      { value: formatCredits(line.micro) },
      line.priceMillicents,
      line.amountCents,
    ]),
  );
  return csvLine(COLUMNS) + csv.join('');
}
