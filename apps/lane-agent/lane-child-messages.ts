import type { StageOrder, StageResult } from '#backends/backend';

/** What an agent says to the child of a lane, over the channel that `fork` made. One run at a time. */
export type ToLaneChild =
  | { type: 'run'; order: StageOrder; workDir: string }
  /** Answered by one `stopped`, after the run has ended in whatever way, or at once if there is none. */
  | { type: 'stop' };

/** What the child answers. A run ends with `done` or `failed`, or with nothing but the `stopped` of its `stop`. */
export type FromLaneChild =
  /** Once, first: the child can take runs. */
  | { type: 'ready'; backend: string }
  | { type: 'running' }
  | { type: 'progress'; fraction: number }
  | { type: 'done'; result: StageResult; ranMs: number }
  /** `refused`: no attempt can fulfil this order. */
  | { type: 'failed'; refused: boolean; message: string }
  | { type: 'stopped' };
