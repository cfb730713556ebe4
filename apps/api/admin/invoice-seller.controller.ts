import { Body, Controller } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type ChangeInvoiceSeller, changeInvoiceSeller, getInvoiceSeller } from '#contracts/admin/invoice-seller';
import type { Caller } from '#core/access/caller';
import { InvoiceSellerService } from '#features/invoices/invoice-seller.service';

/** The other party of every invoice, in operators' hands. */
@Controller()
export class InvoiceSellerController {
  constructor(private readonly seller: InvoiceSellerService) {}

  @Operation(getInvoiceSeller)
  get() {
    return this.seller.get();
  }

  @Operation(changeInvoiceSeller)
  change(@CallerOf() caller: Caller, @Body(valid(changeInvoiceSeller.body)) change: ChangeInvoiceSeller) {
    return this.seller.change(caller, change);
  }
}
