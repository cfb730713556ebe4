import { readdir, readFile } from 'node:fs/promises';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { installTemporalRuntime } from '#platform/temporal/runtime';
import { workflowSpanSinks } from '#platform/temporal/tracing';
import { testBundle } from '#workflows/testing/run-scenario';
import { SCENARIOS } from '#workflows/testing/scenarios';

const FOLDER = new URL('histories/', import.meta.url);
const BUNDLING_LIMIT_MS = 60_000;

/** A run that began before a deployment goes on after it: its history must lead today's code to the same commands. */
it('every recorded run replays', { timeout: BUNDLING_LIMIT_MS }, async () => {
  installTemporalRuntime();
  const histories = await recordedHistories();
  expect(histories.map(({ workflowId }) => workflowId).sort()).toEqual(Object.keys(SCENARIOS).sort());

  const results = Worker.runReplayHistories({ workflowBundle: await testBundle(), sinks: workflowSpanSinks() }, histories);
  const failures: string[] = [];
  for await (const { workflowId, error } of results) if (error) failures.push(`${workflowId}: ${error.message}`);
  expect(failures).toEqual([]);
});

async function recordedHistories() {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json'));
  return Promise.all(
    files.map(async (file) => ({
      workflowId: file.replace('.json', ''),
      history: proto.temporal.api.history.v1.History.fromObject(JSON.parse(await readFile(new URL(file, FOLDER), 'utf8'))),
    })),
  );
}
