import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Bench, BenchContext } from '#bench/bench';
import { type Measurement, measurementOf, median, type Sample } from '#bench/measurement';
import { WholePlatform } from '#bench/whole-platform';
import { type BareScript, BareWorkflows } from '#bench/workflow/bare-workflows';
import { cpuByProcess, cpuPerRun, timeOnLane } from '#bench/workflow/where-time-goes';
import type { StageOutcome } from '#contracts/lanes/work-order';
import { isLaneStage, type Stage } from '#core/generations/stages';
import { LANES_PER_NODE } from '#infra/local/environment';
import { NODE_IDS } from '#infra/local/secrets';

const ROUND_MS = 10_000;
const QUICK_ROUND_MS = 4_000;
const WARM_UP_MS = 2_000;
/** More than two cores could ever complete. */
const COMPLETED_PER_S = 60;
const IN_FLIGHT = NODE_IDS.length * LANES_PER_NODE;
/** Runs whose histories are read. */
const HISTORIES = 20;

export const workflowBench: Bench = {
  summary:
    'generations completed a second by the whole platform, from a backlog and with instant media, against bare workflows with the same activities, payloads and concurrency',
  run: measureWorkflows,
};

async function* measureWorkflows(context: BenchContext): AsyncIterable<Measurement> {
  const roundMs = context.quick ? QUICK_ROUND_MS : ROUND_MS;
  await using platform = await WholePlatform.start(context);
  await platform.submit();
  await platform.untilCompleted(1);
  await using bare = await BareWorkflows.over(platform.temporalAddress, await scriptOf(platform));

  await platform.setPaused(true);
  const wanted = Math.ceil((context.rounds * (roundMs + WARM_UP_MS) * COMPLETED_PER_S) / 1_000);
  context.report(`queueing ${wanted} generations for ${IN_FLIGHT} lanes`);
  await Promise.all(Array.from({ length: wanted }, () => platform.submit()));

  const rounds: Sample[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    await bare.perSecond(WARM_UP_MS, IN_FLIGHT);
    const before = await cpuByProcess(platform);
    const baseline = await bare.perSecond(roundMs, IN_FLIGHT);
    context.report(`processor ms a bare workflow: ${cpuPerRun(before, await cpuByProcess(platform), (baseline * roundMs) / 1_000)}`);
    const ours = await completedPerSecond(context, platform, roundMs);
    context.report(`round ${round}: ${ours.toFixed(1)} generations/s, ${baseline.toFixed(1)} bare workflows/s`);
    rounds.push({ ours, baseline });
  }
  yield measurementOf('workflow', 'generations_per_s', '1/s', rounds);
  yield measurementOf('workflow', 'temporal_tasks_per_generation', '1', [await tasksOf(platform, bare)]);
}

async function completedPerSecond({ report }: BenchContext, platform: WholePlatform, durationMs: number): Promise<number> {
  await platform.setPaused(false);
  await pause(WARM_UP_MS);
  const cpu = await cpuByProcess(platform);
  const before = await platform.count('completed');
  const startedAt = performance.now();
  await pause(durationMs);
  const completed = (await platform.count('completed')) - before;
  const perSecond = (completed / (performance.now() - startedAt)) * 1_000;
  report(`processor ms a generation: ${cpuPerRun(cpu, await cpuByProcess(platform), completed)}`);
  report(`ms on its lane: ${await timeOnLane(platform)}`);
  if ((await platform.count('queued')) === 0) throw new Error('the backlog ran out: this would measure how it was filled');
  await platform.setPaused(true);
  return perSecond;
}

/** What the first generation was made of. */
async function scriptOf({ database }: WholePlatform): Promise<BareScript> {
  const [generation] = await database.query<{ stages: Stage[] }>(`SELECT stages FROM generations WHERE state = 'completed'`);
  const kept = await database.query<{ stage: Stage; outcome: StageOutcome }>('SELECT stage, outcome FROM checkpoints');
  if (!generation) throw new Error('no generation was completed');
  const outcomes = new Map(kept.filter(({ stage }) => isLaneStage(stage)).map(({ stage, outcome }) => [stage, outcome]));
  return { stages: generation.stages, outcomes };
}

async function tasksOf({ database, temporalAddress }: WholePlatform, bare: BareWorkflows): Promise<Sample> {
  const runs = await database.query<{ id: string; fence: string }>(
    `SELECT id, fence FROM generations WHERE state = 'completed' ORDER BY finished_at DESC LIMIT ${HISTORIES}`,
  );
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  const ours = await Promise.all(runs.map(({ id, fence }) => tasksIn(client, `${id}/${fence}`)));
  const baseline = await tasksIn(client, bare.lastWorkflowId as string);
  await connection.close();
  return { ours: median(ours), baseline };
}

/** What Temporal handed out: workflow tasks, and activities that are not local. */
async function tasksIn(client: Client, workflowId: string): Promise<number> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes || event.activityTaskCompletedEventAttributes).length;
}
