import type { Stop } from '#core/controls/switches';

/** How long another operator has to look at a proposal: what was counted is old by then. */
export const PROPOSAL_LASTS_MS = 60 * 60_000;

export const PROPOSAL_STATES = ['open', 'approved', 'declined', 'expired'] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

export interface Proposal {
  proposedBy: string;
  expiresAt: Date;
  /** Null while it is open, or past its time without anybody having noted it. */
  decision: 'approved' | 'declined' | 'expired' | null;
}

export type NotDecidable =
  | { refused: 'not_a_person' }
  /** A second person is somebody else. */
  | { refused: 'own_proposal' }
  | { refused: 'not_open'; state: ProposalState };

/** What takes effect only once a second person approves it: it stops everybody, or takes what was sold or a whole site. */
export function needsSecondPerson(act: GraveCut | Stop): boolean {
  if ('takesSold' in act) return act.takesSold || act.losesSite;
  return act.stops === 'submits' && act.scope === 'all';
}

export interface GraveCut {
  takesSold: boolean;
  losesSite: boolean;
}

export function stateOf({ decision, expiresAt }: Pick<Proposal, 'decision' | 'expiresAt'>, now: Date): ProposalState {
  return decision ?? (expiresAt <= now ? 'expired' : 'open');
}

/** Whether this person may end a proposal. Whoever made it may only withdraw it. @param personId undefined for an API key, which is nobody's second pair of eyes */
export function mayDecide(
  proposal: Proposal,
  decision: 'approved' | 'declined',
  personId: string | undefined,
  now: Date,
): 'may' | NotDecidable {
  if (personId === undefined) return { refused: 'not_a_person' };
  const state = stateOf(proposal, now);
  if (state !== 'open') return { refused: 'not_open', state };
  return decision === 'approved' && proposal.proposedBy === personId ? { refused: 'own_proposal' } : 'may';
}
