import { ApplicationFailure } from '@temporalio/common';
import type { GenerateInput } from '#workflows/activities';
import type { Script } from '#workflows/testing/scripted-activities';

/** One way a run can go. */
export interface Scenario {
  input?: Partial<Pick<GenerateInput, 'stages' | 'round'>>;
  script?: Script;
  /** The leased node's agent is away: nobody listens on its queue. */
  nodeIsAway?: boolean;
}

export const IMAGE_STAGES: GenerateInput['stages'] = ['moderate', 'plan', 'render', 'publish'];
export const VIDEO_STAGES: GenerateInput['stages'] = ['moderate', 'plan', 'draft', 'judge', 'render', 'package', 'publish'];

const MEDIA_STAGES: GenerateInput['stages'] = ['fetch', 'upscale', 'package', 'publish'];

/** Each has a recorded history, against which changes of the workflow are replayed. */
export const SCENARIOS = {
  image: { input: { stages: IMAGE_STAGES } },
  video: {},
  'video-planned-again': { script: { judge: async () => ({ verdict: 'again' }) } },
  'resumed-in-second-round': { input: { stages: ['judge', 'render', 'package', 'publish'], round: 1 } },
  'with-media': { input: { stages: MEDIA_STAGES } },
  'media-refused': {
    input: { stages: MEDIA_STAGES },
    script: { fetchMedia: async () => ({ failed: 'Failed to read user input frames' }) },
  },
  'content-refused': { script: { moderate: async () => ({ failed: 'Contains blacklisted words' }) } },
  'stage-failed': { script: { runLaneStage: async () => failWith('StageFailed') } },
  'lease-lost': { script: { saveCheckpoint: async () => failWith('LeaseLost') } },
  'node-refused': { script: { runLaneStage: async () => failWith('NodeRefused') } },
  'node-away': { nodeIsAway: true },
  'nothing-left': { input: { stages: [] } },
} satisfies Record<string, Scenario>;

export function failWith(type: 'LeaseLost' | 'StageFailed' | 'NodeRefused'): never {
  throw ApplicationFailure.nonRetryable(type, type);
}
