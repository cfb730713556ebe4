import type { NamedRefusal } from '#contracts/problems';
import type { NotPossible } from '#core/capacity/commitment';
import { isoDay } from '#core/capacity/days';
import type { CapacityIsSold } from '#core/capacity/forced-cut';
import { MAX_DAYS_AHEAD } from '#core/capacity/limits';
import type { OrderRefusal } from '#core/capacity/order-book';
import { formatCredits } from '#core/ledger/credits';
import type { InsufficientCredits } from '#core/ledger/reserve';

export type OrderRefused =
  | OrderRefusal
  | NotPossible
  | InsufficientCredits
  | CapacityIsSold
  | { refused: 'unknown_pool_class' | 'unknown_commitment' | 'unknown_site' };

const NOT_POSSIBLE: Record<NotPossible['refused'], string> = {
  already_over: 'This commitment is over',
  already_begun: 'This commitment has begun; only one that has not can be cancelled',
  already_renewed: 'This commitment is renewed already',
  more_than_it_has: 'This commitment has fewer units',
  has_cuts_ahead: 'Units of this commitment are cut, and credited to its tenant, on days to come',
};

/** What a "no" of the order book is to the caller: in words, and in facts for programs. */
export function refusalOfOrder(no: OrderRefused): NamedRefusal {
  switch (no.refused) {
    case 'no_capacity': {
      const { largestUnitsThatFit, earliestStartThatFits } = no;
      const firstFailingDay = isoDay(no.firstFailingDay);
      const earliest = earliestStartThatFits === null ? null : isoDay(earliestStartThatFits);
      const ways = [
        ...(largestUnitsThatFit > 0 ? [`${largestUnitsThatFit} units fit on these days`] : []),
        ...(earliest ? [`these units fit from ${earliest} on`] : []),
      ];
      return {
        refused: 'no_capacity',
        detail: `There is not enough capacity on ${firstFailingDay}${ways.length > 0 ? `: ${ways.join('; ')}` : ''}`,
        facts: { firstFailingDay, largestUnitsThatFit, earliestStartThatFits: earliest },
      };
    }
    case 'capacity_is_sold': {
      const firstFailingDay = isoDay(no.firstFailingDay);
      return {
        refused: 'capacity_is_sold',
        detail: `From ${firstFailingDay} on up to ${no.missingUnits} sold units would be missing; force the cut to credit them`,
        facts: { firstFailingDay, missingUnits: no.missingUnits },
      };
    }
    case 'insufficient_credits':
      return {
        refused: 'insufficient_credits',
        detail: `Insufficient credits for the first month. ${formatCredits(no.missingMicro)} more credits are needed`,
      };
    case 'too_few_units':
      return { refused: 'invalid_fields', detail: `An order has at least ${no.minUnits} units` };
    case 'too_many_units':
      return { refused: 'invalid_fields', detail: `An order has at most ${no.maxUnits} units` };
    case 'starts_in_the_past':
      return { refused: 'invalid_fields', detail: 'A commitment cannot begin in the past (days are UTC)' };
    case 'starts_too_late':
      return { refused: 'invalid_fields', detail: `A commitment begins at most ${MAX_DAYS_AHEAD} days ahead` };
    case 'ends_before_it_starts':
      return { refused: 'invalid_fields', detail: 'It would end before it begins' };
    case 'unknown_pool_class':
      return { refused: 'not_found', detail: 'There is no such pool class' };
    case 'unknown_commitment':
      return { refused: 'not_found', detail: 'There is no such commitment to end with' };
    case 'unknown_site':
      return { refused: 'not_found', detail: 'This site has none of this pool class' };
    default:
      return { refused: 'not_possible', detail: NOT_POSSIBLE[no.refused] };
  }
}
