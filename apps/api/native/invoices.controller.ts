import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { invoicePdf } from '#apps/api/native/invoice-pdf';
import { invoiceCsv, invoiceSummary, invoiceView } from '#apps/api/native/invoice-view';
import { Operation } from '#apps/api/operation.decorator';
import type { PageQuery, TenantQuery } from '#contracts/native/common';
import {
  type ChangeBillingDetails,
  changeBillingDetails,
  getBillingDetails,
  getInvoice,
  getInvoiceLines,
  getInvoicePdf,
  type InvoiceView,
  listInvoices,
} from '#contracts/native/invoices';
import type { Caller } from '#core/access/caller';
import { InvoicesService } from '#features/invoices/invoices.service';
import type { InvoiceWithLines } from '#features/invoices/stored-invoices';
import { TenantReach } from '#features/tenants/tenant-reach.service';

@Controller()
export class InvoicesController {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly reach: TenantReach,
  ) {}

  @Operation(listInvoices)
  async list(@CallerOf() caller: Caller, @Query(valid(listInvoices.query, 'query')) { tenant, ...page }: PageQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    return { invoices: (await this.invoices.list(tenantId, page)).map(invoiceSummary) };
  }

  @Operation(getInvoicePdf)
  async pdf(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(getInvoicePdf.query, 'query')) { tenant }: TenantQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const invoice = await this.find(caller, tenant, id);
    await reply.headers(fileHeaders('application/pdf', `invoice-${invoice.number ?? invoice.month}.pdf`)).send(invoicePdf(invoice));
  }

  @Operation(getInvoiceLines)
  async lines(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(getInvoiceLines.query, 'query')) { tenant }: TenantQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const invoice = await this.find(caller, tenant, id);
    const headers = fileHeaders('text/csv; charset=utf-8', `invoice-${invoice.number ?? invoice.month}.csv`);
    await reply.headers(headers).send(invoiceCsv(invoice));
  }

  @Operation(getInvoice)
  async get(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(getInvoice.query, 'query')) { tenant }: TenantQuery,
  ): Promise<InvoiceView> {
    return invoiceView(await this.find(caller, tenant, id));
  }

  @Operation(getBillingDetails)
  async billingDetails(@CallerOf() caller: Caller, @Query(valid(getBillingDetails.query, 'query')) { tenant }: TenantQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    return this.invoices.billingDetails(tenantId);
  }

  @Operation(changeBillingDetails)
  async changeBillingDetails(
    @CallerOf() caller: Caller,
    @Query(valid(changeBillingDetails.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(changeBillingDetails.body)) change: ChangeBillingDetails,
  ) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    return accepted(await this.invoices.changeBillingDetails(caller, tenantId, change));
  }

  private async find(caller: Caller, tenant: string | undefined, id: string): Promise<InvoiceWithLines> {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const invoice = await this.invoices.get(tenantId, id.toLowerCase());
    if (!invoice) throw new Refused('not_found', 'Invoice not found');
    return invoice;
  }
}

function fileHeaders(contentType: string, name: string): Record<string, string> {
  return {
    'content-type': contentType,
    'content-disposition': `attachment; filename="${name}"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}
