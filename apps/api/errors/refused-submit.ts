import { Refused } from '#apps/api/errors/refused';
import type { NotOffered } from '#core/catalog/quote';
import { formatCredits } from '#core/ledger/credits';
import type { InsufficientCredits } from '#core/ledger/reserve';

/** Why a submit was refused, in words for the caller. */
export function refusedSubmit(refusal: NotOffered | InsufficientCredits): Refused {
  switch (refusal.refused) {
    case 'not_offered':
      return new Refused('not_offered', refusal.message);
    case 'insufficient_credits':
      return new Refused('insufficient_credits', `Insufficient credits. ${formatCredits(refusal.missingMicro)} more credits are needed`);
  }
}
