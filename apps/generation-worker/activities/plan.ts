import type { LeaseRef } from '#core/generations/lease';
import { planScene } from '#core/generations/scene-plan';
import type { RunsService } from '#features/generations/runs.service';

/** Decides what the scene shows. The plan is kept as a checkpoint, from which the work orders of this round take it. */
export async function planRound(runs: RunsService, lease: LeaseRef, round: number): Promise<void> {
  const { prompt, seed } = await runs.load(lease);
  await runs.saveCheckpoint(lease, 'plan', round, planScene({ prompt, seed, round }));
}
