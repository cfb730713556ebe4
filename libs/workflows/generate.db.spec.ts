import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installTemporalRuntime } from '#platform/temporal/runtime';
import { ScenarioRunner } from '#workflows/testing/run-scenario';
import { failWith, SCENARIOS } from '#workflows/testing/scenarios';
import type { Call } from '#workflows/testing/scripted-activities';
import { testTemporalAddress } from '#workflows/testing/test-temporal';

let runner: ScenarioRunner;

beforeAll(async () => {
  Logger.overrideLogger(false); // failures are what these tests are about
  installTemporalRuntime();
  runner = await ScenarioRunner.connect(testTemporalAddress());
}, 60_000);

afterAll(() => runner.close());

describe('a run that goes well', () => {
  it('of a video runs each stage in order, keeps what lane stages leave, and settles', async () => {
    const { outcome, calls } = await runner.run(SCENARIOS.video);
    expect(outcome).toBe('completed');
    expect(told(calls)).toEqual([
      'moderate',
      'plan 0',
      'runLaneStage draft/0',
      'saveCheckpoint draft/0',
      'judge 0',
      'runLaneStage render/0',
      'saveCheckpoint render/0',
      'runLaneStage package/0',
      'saveCheckpoint package/0',
      'publish',
      'settle',
    ]);
  });

  it('of an image does not draft', async () => {
    const { calls } = await runner.run(SCENARIOS.image);
    expect(told(calls)).toEqual(['moderate', 'plan 0', 'runLaneStage render/0', 'saveCheckpoint render/0', 'publish', 'settle']);
  });

  it.each([
    { name: 'image' as const, workflowTasks: 2, activityTasks: 1 },
    { name: 'video' as const, workflowTasks: 4, activityTasks: 3 },
  ])('of a $name costs $workflowTasks workflow tasks and $activityTasks activity tasks', async ({ name, workflowTasks, activityTasks }) => {
    const { history } = await runner.run(SCENARIOS[name]);
    const events = history.events ?? [];
    expect(events.filter((event) => event.workflowTaskCompletedEventAttributes)).toHaveLength(workflowTasks);
    expect(events.filter((event) => event.activityTaskScheduledEventAttributes)).toHaveLength(activityTasks);
  });

  it('goes on where an earlier lease ended', async () => {
    const { calls } = await runner.run(SCENARIOS['resumed-in-second-round']);
    expect(told(calls).slice(0, 2)).toEqual(['judge 1', 'runLaneStage render/1']);
  });

  it('only settles when nothing is left to run', async () => {
    const { calls } = await runner.run(SCENARIOS['nothing-left']);
    expect(told(calls)).toEqual(['settle']);
  });
});

describe('a draft that is sent back', () => {
  it('is planned again at most twice', async () => {
    const { outcome, calls } = await runner.run(SCENARIOS['video-planned-again']);
    expect(outcome).toBe('completed');
    expect(told(calls).filter((call) => call.startsWith('plan'))).toEqual(['plan 0', 'plan 1', 'plan 2']);
    expect(told(calls)).toContain('runLaneStage render/2');
  });

  it('of a second lease is planned again with what is left', async () => {
    const judge = async ({ round }: { round: number }) => ({ verdict: round < 2 ? ('again' as const) : ('accept' as const) });
    const { calls } = await runner.run({ ...SCENARIOS['resumed-in-second-round'], script: { judge } });
    expect(told(calls).slice(0, 6)).toEqual([
      'judge 1',
      'plan 2',
      'runLaneStage draft/2',
      'saveCheckpoint draft/2',
      'judge 2',
      'runLaneStage render/2',
    ]);
  });
});

describe('a generation that fails', () => {
  it('by its content is released with that reason, before any lane works', async () => {
    const { outcome, calls } = await runner.run(SCENARIOS['content-refused']);
    expect(outcome).toBe('failed');
    expect(told(calls)).toEqual(['moderate', 'release Contains blacklisted words']);
  });

  it('by a stage that nobody can do is released', async () => {
    const { calls } = await runner.run(SCENARIOS['stage-failed']);
    expect(told(calls)).toEqual(['moderate', 'plan 0', 'runLaneStage draft/0', 'release Job failed: draft']);
  });

  it('by media that are not there is released', async () => {
    const { calls } = await runner.run({ ...SCENARIOS.image, script: { publish: async () => failWith('StageFailed') } });
    expect(told(calls).slice(-2)).toEqual(['publish', 'release Job failed: publish']);
  });
});

describe('a lease that is lost', () => {
  it.each(['runLaneStage', 'saveCheckpoint', 'judge', 'publish', 'settle'] as const)(
    'at %s ends the run and touches nothing',
    async (activity) => {
      const { outcome, calls } = await runner.run({ script: { [activity]: async () => failWith('LeaseLost') } });
      expect(outcome).toBe('requeued');
      expect(calls.at(-1)?.activity).toBe(activity);
      expect(calls.map((call) => call.activity)).not.toContain('release');
      expect(calls.map((call) => call.activity)).not.toContain('handBack');
    },
  );

  it('at the release of a refused prompt ends the run as well', async () => {
    const script = { ...SCENARIOS['content-refused'].script, release: async () => failWith('LeaseLost') };
    const { outcome, calls } = await runner.run({ script });
    expect(outcome).toBe('requeued');
    expect(told(calls)).toEqual(['moderate', 'release Contains blacklisted words']);
  });
});

describe('a lease that cannot be run', () => {
  it('is handed back when its node is away', { timeout: 30_000 }, async () => {
    const { outcome, calls } = await runner.run(SCENARIOS['node-away']);
    expect(outcome).toBe('requeued');
    expect(told(calls)).toEqual(['moderate', 'plan 0', 'handBack']);
  });

  it('is handed back when its node refuses, without a second attempt', async () => {
    const { outcome, calls } = await runner.run(SCENARIOS['node-refused']);
    expect(outcome).toBe('requeued');
    expect(told(calls)).toEqual(['moderate', 'plan 0', 'runLaneStage draft/0', 'handBack']);
  });

  it('is handed back when its node keeps failing', async () => {
    const runLaneStage = async () => {
      throw new Error('the child process died');
    };
    const { outcome, calls } = await runner.run({ script: { runLaneStage } });
    expect(outcome).toBe('requeued');
    expect(told(calls).slice(2)).toEqual(['runLaneStage draft/0', 'runLaneStage draft/0', 'runLaneStage draft/0', 'handBack']);
  });

  it('needs no hand-back once it is lost', async () => {
    const { outcome } = await runner.run({ script: { ...SCENARIOS['node-refused'].script, handBack: async () => failWith('LeaseLost') } });
    expect(outcome).toBe('requeued');
  });
});

it('a settle whose first tries fail is tried until it is committed', async () => {
  let tries = 0;
  const settle = async () => {
    tries += 1;
    if (tries < 4) throw new Error('the database cannot be reached');
    return 'completed' as const;
  };
  const { outcome } = await runner.run({ ...SCENARIOS.image, script: { settle } });
  expect({ outcome, tries }).toEqual({ outcome: 'completed', tries: 4 });
});

it('one lease has one run: a second start is refused, also after the end', async () => {
  const workflowId = `${randomUUID()}/1`;
  const start = () =>
    runner.client.workflow.start('generate', {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: `test/${workflowId}`,
      args: [{}],
    });
  const first = await start();
  await expect(start()).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
  await first.terminate();
  await expect(start()).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
});

function told(calls: readonly Call[]): string[] {
  return calls.map(({ activity, at }) => (at === null ? activity : `${activity} ${at}`));
}
