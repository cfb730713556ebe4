import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { InvoiceLine } from '#sdk/types.gen';

/** What a line is about. */
export const lineWord: Record<InvoiceLine['kind'], MessageDescriptor> = {
  plan_fee: msg`Plan`,
  top_up: msg`Top-up`,
  usage: msg`Usage`,
  overage: msg`Usage beyond the plan`,
  commitment: msg`Commitment`,
  refund: msg`Refund`,
  service_credit: msg`Service credit`,
  promotion: msg`Promotion`,
};

/** Hundredths of a percent: `1900` → `19 %`. */
export function taxRate(basisPoints: number): string {
  return `${basisPoints / 100} %`;
}
