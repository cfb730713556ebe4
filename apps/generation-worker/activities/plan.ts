import { cameraMoveOf } from '#core/catalog/camera-moves';
import type { LeaseRef } from '#core/generations/lease';
import { planScene } from '#core/generations/scene-plan';
import type { RunsService } from '#features/generations/runs.service';

/** Decides what the scene shows. The plan is kept as a checkpoint, from which the work orders of this round take it. */
export async function planRound(runs: RunsService, lease: LeaseRef, round: number): Promise<void> {
  const { prompt, seed, recipe } = await runs.load(lease);
  const camera = cameraMoveOf(prompt, recipe.concepts);
  await runs.saveCheckpoint(lease, 'plan', round, { ...planScene({ prompt, seed, round }), ...(camera && { camera }) });
}
