import type { InvoiceLine, InvoiceLineKind } from '#core/invoices/invoice-lines';
import type { GrantSource } from '#core/ledger/accounts';
import type { PlanName } from '#core/ledger/plans';

/** What a line has before it is priced, as the database tells it. */
export interface LineColumns {
  kind: InvoiceLineKind;
  project_id: string | null;
  project_name: string | null;
  model: string | null;
  service_tier: string | null;
  source: GrantSource | null;
  plan: PlanName | null;
  quantity: number;
  micro: string;
}

export function unpricedLine(row: LineColumns): Omit<InvoiceLine, 'priceMillicents' | 'amountCents'> {
  const { kind, model, source, plan, quantity } = row;
  return {
    ...{ kind, model, source, plan, quantity, micro: BigInt(row.micro) },
    projectId: row.project_id,
    projectName: row.project_name,
    serviceTier: row.service_tier,
  };
}
