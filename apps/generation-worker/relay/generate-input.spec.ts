import { expect, it } from 'vitest';
import { type AdmittedLease, generateInputOf } from '#apps/generation-worker/relay/generate-input';
import type { Stage } from '#core/generations/stages';

const aLease: AdmittedLease = {
  tenantId: '0b7c7b46-3b2e-4f5e-9d39-6a37a9a1a001',
  generationId: '0b7c7b46-3b2e-4f5e-9d39-6a37a9a1a002',
  fence: '3',
  nodeId: 'node-1',
  stages: ['moderate', 'plan', 'draft', 'judge', 'render', 'package', 'publish'],
  estimatedMs: 8_000,
  checkpoints: [],
};

function done(stage: Stage, round = 0, verdict: string | null = null) {
  return { stage, round, verdict };
}

it.each([
  { name: 'nothing yet', checkpoints: [], stages: aLease.stages, round: 0 },
  {
    name: 'a finished draft',
    checkpoints: [done('moderate'), done('plan'), done('draft')],
    stages: ['judge', 'render', 'package', 'publish'],
    round: 0,
  },
  {
    name: 'a draft that was sent back',
    checkpoints: [done('moderate'), done('plan'), done('draft'), done('judge', 0, 'again')],
    stages: ['plan', 'draft', 'judge', 'render', 'package', 'publish'],
    round: 1,
  },
  {
    name: 'a second draft that was accepted, listed out of order',
    checkpoints: [
      done('judge', 1, 'accept'),
      done('moderate'),
      done('plan', 1),
      done('draft', 1),
      done('plan'),
      done('draft'),
      done('judge', 0, 'again'),
    ],
    stages: ['render', 'package', 'publish'],
    round: 1,
  },
  {
    name: 'everything but the ending',
    checkpoints: [
      done('moderate'),
      done('plan'),
      done('draft'),
      done('judge', 0, 'accept'),
      done('render'),
      done('package'),
      done('publish'),
    ],
    stages: [],
    round: 0,
  },
])('$name → resumes after it', ({ checkpoints, stages, round }) => {
  expect(generateInputOf({ ...aLease, checkpoints })).toMatchObject({ stages, round, laneQueue: 'lane-node/node-1' });
});

it.each([
  { estimatedMs: 1_000, laneStageTimeoutMs: 120_000 },
  { estimatedMs: 60_000, laneStageTimeoutMs: 300_000 },
])('an estimate of $estimatedMs ms gives each stage $laneStageTimeoutMs ms', ({ estimatedMs, laneStageTimeoutMs }) => {
  expect(generateInputOf({ ...aLease, estimatedMs }).laneStageTimeoutMs).toBe(laneStageTimeoutMs);
});
