import { z } from 'zod';
import { InvoiceText } from '#contracts/native/invoices';
import type { OperationContract } from '#contracts/operation';

const PATH = '/api/v1/operations/invoice-seller';
const NumberPrefix = z
  .string()
  .regex(/^[A-Z0-9]{1,10}$/)
  .meta({ description: 'Before the number of the next invoice: `HAL-000042`. Numbers go on without a gap when it changes.' });

const InvoiceSeller = z
  .object({
    name: z.string(),
    address: z.string(),
    taxNumber: z.string().nullable(),
    numberPrefix: NumberPrefix,
    lastNumber: z.int().meta({ description: 'Of the invoice issued last; 0 before the first.' }),
  })
  .meta({ id: 'InvoiceSeller' });

export const ChangeInvoiceSeller = z
  .strictObject({
    name: InvoiceText.min(1).max(200),
    address: InvoiceText.max(1_000).meta({ description: 'In lines.' }),
    taxNumber: InvoiceText.max(50).nullable(),
    numberPrefix: NumberPrefix,
  })
  .partial();
export type ChangeInvoiceSeller = z.infer<typeof ChangeInvoiceSeller>;

export const getInvoiceSeller = {
  id: 'getInvoiceSeller',
  method: 'GET',
  path: PATH,
  status: 200,
  scope: 'platform:read',
  summary: 'Who issues invoices, and the series of their numbers.',
  response: InvoiceSeller,
} satisfies OperationContract;

export const changeInvoiceSeller = {
  id: 'changeInvoiceSeller',
  method: 'PATCH',
  path: PATH,
  status: 200,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'Change who issues the next invoices. Issued ones stay as they are.',
  body: ChangeInvoiceSeller,
  response: InvoiceSeller,
} satisfies OperationContract;
