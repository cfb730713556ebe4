import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Backend, ImageOutput, StageArtifact, StageContext, StageOrder, StageResult, VideoOutput } from '#backends/backend';
import { PLAIN_RECIPE, treatmentOf } from '#core/generations/recipe';
import { planScene } from '#core/generations/scene-plan';
import { readFrame } from '#media/mp4/read-frame';

/** Short and small, of an unusual shape: a suite should take seconds. */
export const aVideo: VideoOutput = { kind: 'video', widthPx: 180, heightPx: 320, durationS: 3, framesPerSecond: 24 };
export const anImage: ImageOutput = { kind: 'image', widthPx: 420, heightPx: 180, format: 'png' };

export function orderOf(changes: Partial<StageOrder>): StageOrder {
  const { prompt = 'a red fox in the snow', seed = 7, round = 0 } = changes;
  const plan = planScene({ prompt, seed, round });
  return {
    stage: 'render',
    round,
    model: 'ray-2',
    prompt,
    seed,
    output: aVideo,
    treatment: treatmentOf(PLAIN_RECIPE),
    plan,
    inputs: {},
    ...changes,
  };
}

export interface StageRun extends StageResult {
  workDir: string;
  /** Fractions in the order they were told. */
  progress: number[];
  artifact(name: string): StageArtifact;
}

/** Runs stages in folders of their own, which `remove` deletes. */
export class StageRuns {
  private readonly folders: string[] = [];

  constructor(private readonly backend: Backend) {}

  async run(order: StageOrder, overrides: Partial<StageContext> = {}): Promise<StageRun> {
    const workDir = await mkdtemp(join(tmpdir(), 'halogen-conformance-'));
    this.folders.push(workDir);
    const progress: number[] = [];
    const context = {
      workDir,
      signal: new AbortController().signal,
      progress: (fraction: number) => progress.push(fraction),
      ...overrides,
    };
    const result = await this.backend.runStage(order, context);
    return { ...result, workDir, progress, artifact: (name) => named(result, name) };
  }

  /** Render, then package. */
  async runVideo(order: StageOrder): Promise<StageRun> {
    const render = await this.run({ ...order, stage: 'render' });
    return this.run({ ...order, stage: 'package', inputs: { master: render.artifact('master').path } });
  }

  async remove(): Promise<void> {
    await Promise.all(this.folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  }
}

function named({ artifacts }: StageResult, name: string): StageArtifact {
  const artifact = artifacts.find((candidate) => candidate.name === name);
  if (!artifact) throw new Error(`no artifact '${name}' among: ${artifacts.map((other) => other.name).join(', ')}`);
  return artifact;
}

/** The decoded pixels of an image, or of the last picture of a video. */
export async function pixelsOf({ path, frames }: StageArtifact): Promise<Buffer> {
  if (frames !== undefined) return (await readFrame(path, frames - 1)).pixels;
  return sharp(path).raw().toBuffer();
}
