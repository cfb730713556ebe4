import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LanePool } from '#apps/lane-agent/lane-pool';
import type { StageOrder } from '#backends/backend';
import { PLAIN_RECIPE, treatmentOf } from '#core/generations/recipe';
import { planScene } from '#core/generations/scene-plan';

const LANES = ['node/0', 'node/1'];
let pool: LanePool;
let workDir: string;

beforeEach(async () => {
  pool = new LanePool({ laneIds: LANES, models: ['photon-1'], backend: 'reference', referenceMode: 'full', graceMs: 2_000 });
  workDir = await mkdtemp(join(tmpdir(), 'halogen-lane-pool-'));
});
afterEach(async () => {
  await pool.close();
  await rm(workDir, { recursive: true });
});

it('holds every lane of a gang until its stage has ended', async () => {
  const stopper = new AbortController();
  const gang = startStage(LANES, stopper.signal);
  await gang.began;
  await expect(startStage(['node/1'], stopper.signal).ended).rejects.toMatchObject({ name: 'LaneBusy' });
  stopper.abort();
  await expect(gang.ended).rejects.toMatchObject({ name: 'StageStopped' });

  const next = new AbortController();
  const alone = startStage(['node/1'], next.signal);
  await alone.began;
  next.abort();
  await expect(alone.ended).rejects.toMatchObject({ name: 'StageStopped' });
});

it('knows no lanes but its own', async () => {
  await expect(startStage(['elsewhere/0'], new AbortController().signal).ended).rejects.toMatchObject({ name: 'NoSuchLane' });
});

it('keeps the model of a child until the child is gone', async () => {
  expect(pool.residentModels()).toEqual(['photon-1']);
  await startStage(['node/0'], new AbortController().signal, { kind: 'image', widthPx: 64, heightPx: 64, format: 'jpg' }).ended;
  expect(pool.residentModels()).toEqual(['photon-1', 'ray-2']);

  const killed = startStage(['node/0'], new AbortController().signal);
  await killed.began;
  await Promise.all([pool.killRunning(), expect(killed.ended).rejects.toMatchObject({ name: 'LaneChildDied' })]);
  expect(pool.residentModels()).toEqual(['photon-1']);
});

const CLIP = { kind: 'video', widthPx: 1280, heightPx: 720, durationS: 9, framesPerSecond: 24 } as const;

function startStage(laneIds: string[], signal: AbortSignal, output: StageOrder['output'] = CLIP) {
  const began = Promise.withResolvers<void>();
  const plan = planScene({ prompt: 'a kite', seed: 1, round: 0 });
  const treatment = treatmentOf(PLAIN_RECIPE);
  const order: StageOrder = { stage: 'render', round: 0, model: 'ray-2', prompt: 'a kite', seed: 1, output, treatment, plan, inputs: {} };
  const ended = pool.runStage(laneIds, order, workDir, { began: began.resolve, progressed: () => {} }, signal);
  return { began: began.promise, ended };
}
