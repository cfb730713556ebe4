import type { Treatment } from '#core/generations/recipe';
import type { ScenePlan } from '#core/generations/scene-plan';
import type { LaneStage } from '#core/generations/stages';

/** Sizes are in pixels and exact; the sides of a video are even, as 4:2:0 asks for. */
export interface ImageOutput {
  kind: 'image';
  widthPx: number;
  heightPx: number;
  format: 'jpg' | 'png';
}

/** A video has exactly `durationS * framesPerSecond` frames. */
export interface VideoOutput {
  kind: 'video';
  widthPx: number;
  heightPx: number;
  durationS: number;
  framesPerSecond: number;
}

/** What one lane stage needs to run. It contains the prompt, so it never enters a log, a trace or Temporal's history. */
export interface StageOrder {
  stage: LaneStage;
  /** 0 at first, one more each time `judge` sent the draft back to `plan`. */
  round: number;
  model: string;
  prompt: string;
  /** A whole number; the same order draws the same pixels. */
  seed: number;
  output: ImageOutput | VideoOutput;
  /** What is done, and how inputs count. */
  treatment: Treatment;
  /** What the control plane's `plan` step decided; null for `upscale` and `audio`, which draw nothing new, and may be so for `package`. */
  plan: ScenePlan | null;
  /**
   * Name of an earlier stage's artifact, or of a medium of the customer's → its local file: PNG or MP4, of our own making.
   * `package` needs `master`, `upscale` and `audio` need `source`.
   */
  inputs: Record<string, string>;
}

/** One file a stage made, in the stage's `workDir`. */
export interface StageArtifact {
  /** `draft`; `master`, `image` (render); `master` (upscale, audio); `video`, `image` (package). */
  name: string;
  path: string;
  contentType: string;
  bytes: number;
  widthPx?: number;
  heightPx?: number;
  durationS?: number;
  frames?: number;
}

export interface StageResult {
  artifacts: StageArtifact[];
  /** Of `draft`: `contrast` and `meanLuma`, and of a video also `motion`, each 0…1, for `core/generations/judge-draft`. */
  metrics: Record<string, number>;
}

/** Where a stage may write, and how it hears and is heard. */
export interface StageContext {
  /** An existing folder of this attempt alone; the caller removes it. */
  workDir: string;
  /** Once aborted, the stage stops within one frame and throws `signal.reason`. */
  signal: AbortSignal;
  /** 0…1, never less than before. */
  progress(fraction: number): void;
}

/** Something that turns orders into media. Each one passes `conformance/describe-backend`. */
export interface Backend {
  /** As in the registry, and in the metadata of every file it makes. */
  readonly name: string;
  /** Throws `StageRefused` for an order that no attempt can fulfil; anything else may be tried again. */
  runStage(order: StageOrder, context: StageContext): Promise<StageResult>;
}
