import type { Readable } from 'node:stream';
import PDFDocument from 'pdfkit';
import type { InvoiceLine } from '#core/invoices/invoice-lines';
import { formatCredits } from '#core/ledger/credits';
import type { InvoiceWithLines, Seller } from '#features/invoices/stored-invoices';

const MARGIN = 50;
const COLUMNS = [
  { title: 'What', at: 0, width: 235, align: 'left' },
  { title: 'Quantity', at: 235, width: 60, align: 'right' },
  { title: 'Credits', at: 295, width: 100, align: 'right' },
  { title: 'Amount', at: 395, width: 100, align: 'right' },
] as const;
const BOTTOM = 780;

/** An invoice as A4 pages, written while they are sent. */
export function invoicePdf(invoice: InvoiceWithLines): Readable {
  const title = invoice.number === null ? `Draft of ${invoice.month}` : `Invoice ${invoice.number}`;
  const document = new PDFDocument({ size: 'A4', margin: MARGIN, info: { Title: title, Author: invoice.seller.name }, lang: 'en' });
  drawHead(document, invoice, title);
  drawColumns(
    document,
    COLUMNS.map(({ title: column }) => column),
    true,
  );
  for (const line of invoice.lines) {
    drawColumns(document, [wordsOf(line), String(line.quantity), creditsOf(line), money(line.amountCents)]);
  }
  drawTotals(document, invoice);
  document.end();
  return document as unknown as Readable;
}

type Document = InstanceType<typeof PDFDocument>;

function drawHead(document: Document, invoice: InvoiceWithLines, title: string): void {
  document.font('Helvetica-Bold').fontSize(20).text(title);
  const { month, issuedAt, seller, buyer, creditPriceMillicents } = invoice;
  const issued = issuedAt ? `Issued ${issuedAt.toISOString().slice(0, 10)}` : 'Not issued: its month has not ended';
  document.font('Helvetica').fontSize(10).text(`Month ${month} (UTC). ${issued}.`).moveDown();
  const top = document.y;
  const underSeller = drawParty(document, 'From', seller, MARGIN, top);
  const underBuyer = drawParty(document, 'To', buyer, MARGIN + 250, top);
  document.x = MARGIN;
  document.y = Math.max(underSeller, underBuyer) + 10;
  document.text(
    `A credit costs ${millicents(creditPriceMillicents)} US cents. What was used was paid from credits; plans and top-ups cost money.`,
  );
  document.moveDown();
}

/** @returns where it ends */
function drawParty(document: Document, label: string, { name, address, taxNumber }: Seller, x: number, y: number): number {
  const lines = [label, name, ...address.split('\n'), taxNumber === null ? '' : `Tax number ${taxNumber}`].filter((line) => line !== '');
  document.text(printable(lines.join('\n')), x, y, { width: 235 });
  return document.y;
}

function drawColumns(document: Document, cells: readonly string[], isTitle = false): void {
  if (document.y > BOTTOM - 30) document.addPage();
  document.font(isTitle ? 'Helvetica-Bold' : 'Helvetica');
  const y = document.y;
  let bottom = y;
  for (const [at, { at: x, width, align }] of COLUMNS.entries()) {
    document.text(printable(cells[at] ?? ''), MARGIN + x, y, { width, align });
    bottom = Math.max(bottom, document.y);
  }
  document.x = MARGIN;
  document.y = bottom + 3;
}

function drawTotals(document: Document, { subtotalCents, taxRateBasisPoints, taxCents, totalCents }: InvoiceWithLines): void {
  if (document.y > BOTTOM - 80) document.addPage();
  document.moveDown();
  drawColumns(document, ['Subtotal', '', '', money(subtotalCents)]);
  drawColumns(document, [`Tax ${(taxRateBasisPoints / 100).toFixed(2)} %`, '', '', money(taxCents)]);
  drawColumns(document, ['Total', '', '', money(totalCents)], true);
}

const WORDS: Readonly<Record<InvoiceLine['kind'], string>> = {
  plan_fee: 'Plan',
  top_up: 'Top-up',
  usage: 'Usage',
  overage: 'Usage beyond the plan',
  commitment: 'Committed units',
  refund: 'Refund',
  service_credit: 'Service credit',
  promotion: 'Promotion',
};

function wordsOf({ kind, projectId, projectName, model, serviceTier, plan, priceMillicents }: InvoiceLine): string {
  const price = priceMillicents === null ? null : `at ${millicents(priceMillicents)} cents a credit`;
  return [WORDS[kind], plan, model, serviceTier, projectName ?? projectId, price].filter((word) => word !== null).join(', ');
}

function creditsOf({ kind, micro }: InvoiceLine): string {
  return kind === 'plan_fee' ? '' : formatCredits(micro);
}

function money(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}$${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function millicents(price: number): string {
  return (price / 1_000).toString();
}

/** The standard fonts write Latin letters: what they lack shows as a question mark, and stands as it is in the JSON and the CSV. */
function printable(text: string): string {
  return text.normalize('NFC').replace(/[^\n\x20-\x7e\u00a0-\u00ff\u20ac\u2013\u2014\u2018\u2019\u201c\u201d]/gu, '?');
}
