import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { TransferCode } from '#core/ledger/accounts';
import type { PlanName } from '#core/ledger/plans';
import type { Grant } from '#sdk/types.gen';

export const sourceWord: Record<Grant['source'], MessageDescriptor> = {
  plan_period: msg`plan`,
  top_up: msg`top-up`,
  promotion: msg`promotion`,
  service_credit: msg`service credit`,
};

export const planWord: Record<PlanName, MessageDescriptor> = {
  free: msg`Free`,
  plus: msg`Plus`,
  pro: msg`Pro`,
  ultra: msg`Ultra`,
};

/** What a line of the statement is. Reserving and releasing change no balance and are no lines. */
export const codeWord: Record<TransferCode, MessageDescriptor> = {
  grant: msg`credits granted`,
  reserve: msg`reserved`,
  settle: msg`generation paid`,
  release: msg`released`,
  expire: msg`credits expired`,
  fund: msg`moved between agency and brand`,
  refund: msg`refund`,
  adjust: msg`correction`,
  commit: msg`commitment paid`,
};
