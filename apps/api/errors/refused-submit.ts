import { Refused } from '#apps/api/errors/refused';
import { formatCredits } from '#core/ledger/credits';
import type { BudgetExceeded } from '#core/ledger/spending-cap';
import type { SubmitRefusal } from '#features/generations/generations.service';
import type { NoUnits, Unaffordable } from '#features/generations/submit-group';

const LIMITS = {
  creates_per_minute: 'as many creates as it may make in a minute',
  concurrent: 'as many unfinished generations of this model family as it may have',
} as const;

/** Why a submit was refused, in words for the caller. */
export function refusedSubmit(refusal: SubmitRefusal): Refused {
  switch (refusal.refused) {
    case 'not_offered':
      return new Refused('not_offered', refusal.message);
    case 'switched_off':
      return new Refused('switched_off', `Halogen takes no such work for the moment: ${refusal.reason}`, undefined, refusal.retryAfterMs);
    case 'insufficient_credits':
      return insufficientCredits(refusal);
    case 'no_units':
      return new Refused('no_units', noUnits(refusal));
    case 'budget_exceeded':
      return new Refused('budget_exceeded', budgetExceeded(refusal));
    case 'idempotency_key_reused':
      return new Refused('idempotency_key_reused', 'This Idempotency-Key was sent with another body');
    case 'rate_limited': {
      const detail = `This API key has ${LIMITS[refusal.limit]}. A slot is held for this request in ${(refusal.retryAfterMs / 1_000).toFixed(1)} s, for 2 s`;
      return new Refused('rate_limited', detail, undefined, refusal.retryAfterMs);
    }
  }
}

function insufficientCredits({ missingMicro, acceptedTier }: Unaffordable): Refused {
  const missing = `Insufficient credits. ${formatCredits(missingMicro)} more credits are needed`;
  if (!acceptedTier) return new Refused('insufficient_credits', missing);
  const detail = `${missing}; service tier ${acceptedTier} would be accepted`;
  return new Refused('insufficient_credits', detail, undefined, undefined, { acceptedTier });
}

function noUnits({ poolClass, units, neededUnits }: NoUnits): string {
  const have = units === 0 ? 'no active unit' : `${units} active units`;
  const needs = units === 0 ? '' : `, of which this needs ${neededUnits} at once`;
  return `Service tier dedicated runs on own units only, and this tenant has ${have} of ${poolClass}${needs}. Order units, or ask for spillover, shared or flex`;
}

function budgetExceeded({ missingMicro, cap: { kind, subjectId, limitMicro } }: BudgetExceeded): string {
  const whose = kind === 'project' ? `of project ${subjectId}` : 'of this API key';
  const missing = formatCredits(missingMicro);
  return `The monthly budget ${whose} (${formatCredits(limitMicro)} credits) is used up: ${missing} more credits of budget are needed`;
}
