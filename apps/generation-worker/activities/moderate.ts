import type { LeaseRef } from '#core/generations/lease';
import { moderate } from '#core/generations/moderate';
import type { RunsService } from '#features/generations/runs.service';
import type { ContentRefusal } from '#workflows/activities';

/** Decides whether the prompt may be worked on, before anything is drawn. */
export async function moderatePrompt(runs: RunsService, lease: LeaseRef): Promise<ContentRefusal | null> {
  const { prompt } = await runs.load(lease);
  const verdict = moderate(prompt);
  if (!verdict.allowed) return { failed: verdict.reason };
  await runs.saveCheckpoint(lease, 'moderate', 0, {});
  return null;
}
