import type { DraftBoard } from '#core/scheduling/draft-board';
import type { DraftQueues } from '#core/scheduling/draft-queues';
import type { Plan, SchedulingView } from '#core/scheduling/plan';
import type { ServedFrom } from '#core/scheduling/service-tier';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** A plan in the making: the view as it would be after what was planned so far. */
export interface Draft extends Plan {
  readonly view: SchedulingView;
  readonly now: number;
  readonly maxAdmissions: number;
  readonly board: DraftBoard;
  readonly queues: DraftQueues;
}

export function admitTo(
  draft: Draft,
  generation: WaitingGeneration,
  place: { nodeId: string; laneIds: string[] },
  servedFrom: ServedFrom,
): void {
  draft.admit.push({
    tenantId: generation.tenantId,
    generationId: generation.generationId,
    ...place,
    servedFrom,
    estimatedMs: draft.view.estimateMs(generation),
    waitedMs: Math.max(0, draft.now - generation.queuedAt),
  });
}
