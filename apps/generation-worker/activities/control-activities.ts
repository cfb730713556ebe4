import type { MediaFetcher } from '#apps/generation-worker/activities/fetch-media';
import { judgeRound } from '#apps/generation-worker/activities/judge';
import { moderatePrompt } from '#apps/generation-worker/activities/moderate';
import { planRound } from '#apps/generation-worker/activities/plan';
import { publishAssets } from '#apps/generation-worker/activities/publish';
import { saveStage } from '#apps/generation-worker/activities/save-stage';
import type { RunsService } from '#features/generations/runs.service';
import type { ObjectStorage } from '#platform/storage/object-storage';
import type { ControlActivities } from '#workflows/activities';

/** The control plane's side of a run, by the names that the workflow calls. */
export function controlActivities(runs: RunsService, storage: ObjectStorage, media: MediaFetcher): ControlActivities {
  return {
    moderate: (lease) => moderatePrompt(runs, lease),
    fetchMedia: (lease) => media.fetch(lease),
    plan: ({ round, ...lease }) => planRound(runs, lease, round).then(nothing),
    judge: ({ round, ...lease }) => judgeRound(runs, lease, round).then(({ verdict }) => ({ verdict })),
    publish: (lease) => publishAssets(runs, storage, lease).then(nothing),
    saveCheckpoint: ({ stage, round, outcome, ...lease }) => saveStage(runs, lease, stage, round, outcome).then(nothing),
    settle: (lease) => runs.settle(lease),
    release: ({ reason, ...lease }) => runs.release(lease, reason),
    handBack: (lease) => runs.handBack(lease).then(nothing),
  };
}

function nothing(): null {
  return null;
}
