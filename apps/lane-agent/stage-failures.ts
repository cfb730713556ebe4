import { ApplicationFailure } from '@temporalio/common';
import { MAX_REFUSAL_CHARACTERS } from '#apps/lane-agent/limits';
import type { LeaseRef } from '#core/generations/lease';

/** How a stage fails towards its workflow. Messages are kept in Temporal's history: no prompts, no URLs. */

/** The lease is not this node's any more: the run ends as requeued and touches nothing. */
export function leaseLost({ generationId, fence }: Pick<LeaseRef, 'generationId' | 'fence'>, why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`lease ${generationId}/${fence} is lost: ${why}`, 'LeaseLost');
}

/** The API does not know this node's token. */
export function nodeRefused(status: number): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`the API refuses this node (${status})`, 'NodeRefused');
}

/** No attempt can fulfil the order. */
export function stageFailed(why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(why.slice(0, MAX_REFUSAL_CHARACTERS), 'StageFailed');
}

/** A newer attempt of the same stage came while this one still ran; Temporal does not wait for this one any more. */
export function superseded(attempt: number): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`attempt ${attempt} has taken over`, 'Superseded');
}

/** Another attempt may succeed. */
export function tryAgain(
  type: 'LaneBusy' | 'LaneChildDied' | 'StageThrew' | 'ApiUnavailable' | 'TransferFailed',
  why: string,
): ApplicationFailure {
  return ApplicationFailure.retryable(why, type);
}
