import { StageOutcome } from '#contracts/lanes/work-order';
import { judgeDraft, type Verdict } from '#core/generations/judge-draft';
import type { LeaseRef } from '#core/generations/lease';
import { MAX_REPLANS } from '#core/generations/stages';
import type { RunsService } from '#features/generations/runs.service';

/** Decides on this round's draft by its measurements. The last round's draft is taken as it is. */
export async function judgeRound(runs: RunsService, lease: LeaseRef, round: number): Promise<Verdict> {
  const { checkpoints } = await runs.load(lease);
  const draft = checkpoints.find((checkpoint) => checkpoint.stage === 'draft' && checkpoint.round === round);
  if (!draft) throw new Error(`no draft of round ${round} to judge`);
  const verdict: Verdict = round < MAX_REPLANS ? judgeDraft(StageOutcome.parse(draft.outcome).metrics) : { verdict: 'accept' };
  await runs.saveCheckpoint(lease, 'judge', round, verdict);
  return verdict;
}
