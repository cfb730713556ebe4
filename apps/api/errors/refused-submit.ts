import { Refused } from '#apps/api/errors/refused';
import type { NotOffered } from '#core/catalog/quote';
import { formatCredits } from '#core/ledger/credits';
import type { InsufficientCredits } from '#core/ledger/reserve';
import type { BudgetExceeded } from '#core/ledger/spending-cap';

/** Why a submit was refused, in words for the caller. */
export function refusedSubmit(refusal: NotOffered | InsufficientCredits | BudgetExceeded): Refused {
  switch (refusal.refused) {
    case 'not_offered':
      return new Refused('not_offered', refusal.message);
    case 'insufficient_credits':
      return new Refused('insufficient_credits', `Insufficient credits. ${formatCredits(refusal.missingMicro)} more credits are needed`);
    case 'budget_exceeded':
      return new Refused('budget_exceeded', budgetExceeded(refusal));
  }
}

function budgetExceeded({ missingMicro, cap: { kind, subjectId, limitMicro } }: BudgetExceeded): string {
  const whose = kind === 'project' ? `of project ${subjectId}` : 'of this API key';
  const missing = formatCredits(missingMicro);
  return `The monthly budget ${whose} (${formatCredits(limitMicro)} credits) is used up: ${missing} more credits of budget are needed`;
}
