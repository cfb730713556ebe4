import type { Day, DayRange } from '#core/capacity/days';
import { type OrderBook, type OrderRefusal, place, type Terms } from '#core/capacity/order-book';
import type { TermMonths } from '#core/capacity/prices';

export const COMMITMENT_STATES = ['ordered', 'active', 'renewed', 'ended', 'cancelled'] as const;
/** `ordered` until it begins; `renewed` or `ended` when it is over, by whether another one continues it. */
export type CommitmentState = (typeof COMMITMENT_STATES)[number];

export const COMMITMENT_ORIGINS = ['order', 'resize', 'transfer', 'renewal'] as const;
export type CommitmentOrigin = (typeof COMMITMENT_ORIGINS)[number];

/** A contract for a constant number of units from one day to another. */
export interface Commitment extends Terms {
  id: string;
  tenantId: string;
  state: CommitmentState;
}

/** One that a rule has decided to make. */
export type NewCommitment = Terms & { tenantId: string; origin: CommitmentOrigin; followsId: string | null };

export type NotPossible = { refused: 'already_over' | 'already_begun' | 'already_renewed' | 'more_than_it_has' | 'has_cuts_ahead' };

/** More units, until the same end: a commitment beside the first. */
export function enlarge(
  commitment: Commitment,
  moreUnits: number,
  book: OrderBook,
  today: Day,
): NewCommitment | NotPossible | OrderRefusal {
  if (isOver(commitment, today)) return { refused: 'already_over' };
  const startsOn = Math.max(today, commitment.startsOn);
  const terms = place({ units: moreUnits, startsOn, length: { endsOn: commitment.endsOn } }, book, today, 1);
  if ('refused' in terms) return terms;
  return { ...terms, tenantId: commitment.tenantId, origin: 'resize', followsId: commitment.id };
}

/** The same units for another term, from the day on which the first one ends. It need not be large enough for a new order. */
export function renew(
  commitment: Commitment & { isRenewed: boolean },
  months: TermMonths,
  book: OrderBook,
  today: Day,
): NewCommitment | NotPossible | OrderRefusal {
  if (isOver(commitment, today)) return { refused: 'already_over' };
  if (commitment.isRenewed) return { refused: 'already_renewed' };
  const terms = place({ units: commitment.units, startsOn: commitment.endsOn, length: { months } }, book, today, 1);
  if ('refused' in terms) return terms;
  return { ...terms, tenantId: commitment.tenantId, origin: 'renewal', followsId: commitment.id };
}

/** Who may be given units, and what is left, from today or from its beginning: what is sold stays the same on every day. */
export interface Transferred {
  /** The first commitment ends on this day. */
  on: Day;
  moved: NewCommitment;
  rest: NewCommitment | null;
}

export function transfer(
  commitment: Commitment & { hasCutsAhead: boolean },
  to: { tenantId: string; units: number },
  today: Day,
): Transferred | NotPossible {
  if (isOver(commitment, today)) return { refused: 'already_over' };
  if (to.units > commitment.units) return { refused: 'more_than_it_has' };
  // A cut is owed to whom it was credited: it does not move.
  if (commitment.hasCutsAhead) return { refused: 'has_cuts_ahead' };
  const { endsOn, termMonths, unitMonthCents, tenantId, id: followsId } = commitment;
  const on = Math.max(today, commitment.startsOn);
  const part = { startsOn: on, endsOn, termMonths, unitMonthCents, origin: 'transfer', followsId } as const;
  const restUnits = commitment.units - to.units;
  return {
    on,
    moved: { ...part, units: to.units, tenantId: to.tenantId },
    rest: restUnits > 0 ? { ...part, units: restUnits, tenantId } : null,
  };
}

/** Only before it begins. What was paid goes back. */
export function cancel(commitment: Pick<Commitment, 'state' | 'startsOn'>, today: Day): { state: 'cancelled' } | NotPossible {
  if (commitment.state !== 'ordered' || commitment.startsOn <= today) return { refused: 'already_begun' };
  return { state: 'cancelled' };
}

/** The state that a day brings. */
export function stateOn(commitment: DayRange & { state: CommitmentState; isRenewed: boolean }, today: Day): CommitmentState {
  if (commitment.state !== 'ordered' && commitment.state !== 'active') return commitment.state;
  if (commitment.endsOn <= today) return commitment.isRenewed ? 'renewed' : 'ended';
  return commitment.startsOn <= today ? 'active' : 'ordered';
}

function isOver({ state, endsOn }: Commitment, today: Day): boolean {
  return (state !== 'ordered' && state !== 'active') || endsOn <= today;
}
