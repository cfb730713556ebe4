import { StageFailed } from '#apps/generation-worker/activities/stage-failed';
import { StageOutcome } from '#contracts/lanes/work-order';
import type { LeaseRef } from '#core/generations/lease';
import { asFetched } from '#core/generations/remade-output';
import type { RunsService, RunView } from '#features/generations/runs.service';
import type { ObjectStorage } from '#platform/storage/object-storage';

const Artifacts = StageOutcome.pick({ artifacts: true });
type Artifact = StageOutcome['artifacts'][number];

/** Names the generation's media, once they are found whole in storage: nobody pays for a file that is not there. */
export async function publishAssets(runs: RunsService, storage: ObjectStorage, lease: LeaseRef): Promise<void> {
  const run = await runs.load(lease);
  const image = artifactOf(run, 'image');
  const video = run.kind === 'video' ? artifactOf(run, 'video') : undefined;
  for (const artifact of video ? [image, video] : [image]) await requireWhole(storage, artifact);
  const fetched = run.checkpoints.filter(({ stage }) => stage === 'fetch').flatMap(({ outcome }) => artifactsIn(outcome));
  await runs.publish(lease, { image: image.key, video: video?.key }, asFetched(run.output, run.recipe.operation, fetched));
}

/** The newest of that name: rounds and leases may have left others. */
function artifactOf({ checkpoints }: RunView, name: 'image' | 'video'): Artifact {
  const finished = checkpoints.filter(({ stage }) => stage === 'render' || stage === 'package');
  const artifacts = finished.flatMap(({ outcome }) => artifactsIn(outcome));
  const artifact = artifacts.findLast((candidate) => candidate.name === name);
  if (!artifact) throw new StageFailed(`no stage left an artifact '${name}'`);
  return artifact;
}

function artifactsIn(outcome: object): Artifact[] {
  return Artifacts.parse(outcome).artifacts;
}

async function requireWhole(storage: ObjectStorage, { key, bytes }: Artifact): Promise<void> {
  const facts = await storage.stat(key);
  if (facts?.bytes !== bytes) throw new StageFailed(`artifact ${key} has ${facts?.bytes ?? 'no'} bytes in storage instead of ${bytes}`);
}
