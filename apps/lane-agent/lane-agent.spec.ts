import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AgentSettings } from '#apps/lane-agent/agent-settings';
import { LaneAgent } from '#apps/lane-agent/lane-agent';
import type { LaneStageInput } from '#apps/lane-agent/stage-runs';
import type { WorkOrder, WorkOrderRequest } from '#contracts/lanes/work-order';
import { PLAIN_RECIPE, treatmentOf } from '#core/generations/recipe';
import { planScene } from '#core/generations/scene-plan';
import type { LaneStage } from '#core/generations/stages';
import { LaneApiDouble } from '#testing/lane-api-double';
import { LaneSchedulerDouble } from '#testing/lane-scheduler-double';
import { failureTypeOf, LaneStageRunner, testTemporalAddress } from '#testing/lane-stage-runner';

const PROMPT = 'A lighthouse over a sleeping harbour';
const VIDEO = { kind: 'video', widthPx: 1280, heightPx: 720, durationS: 9, framesPerSecond: 24 } as const;

let stages: LaneStageRunner;
let agentDir: string;
const openThings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  Logger.overrideLogger(['error']);
  agentDir = await mkdtemp(join(tmpdir(), 'halogen-lane-agent-'));
  stages = await LaneStageRunner.start();
}, 60_000);
afterAll(async () => {
  await stages.stop();
  await rm(agentDir, { recursive: true });
});
afterEach(async () => {
  for (const close of openThings.splice(0).reverse()) await close();
});

describe('a stage', { timeout: 60_000 }, () => {
  it('runs in a child: order by token, began, upload with length and type, outcome', async () => {
    const node = await startNode();
    const stage = aStage('render');
    const outcome = await stages.run(node.nodeId, stage);

    await node.scheduler.heard('began', ({ generationId }) => generationId === stage.generationId);
    const [artifact] = outcome.artifacts;
    const object = node.api.objects.get(artifact!.key);
    expect(outcome).toMatchObject({ backend: 'reference', metrics: {} });
    expect(artifact).toMatchObject({ name: 'master', contentType: 'video/mp4', bytes: object!.bytes.length });
    expect(object).toMatchObject({ contentType: 'video/mp4', contentLength: String(object!.bytes.length) });
    expect(node.api.requests).toEqual([{ ...stage, attempt: 1 }]);
    expect(await readdir(node.workDir)).toEqual([]);
  });

  it('reads the outputs of earlier stages', async () => {
    const node = await startNode({ referenceMode: 'full' });
    const clip = { ...VIDEO, widthPx: 64, heightPx: 64, durationS: 1 };
    node.order = { output: clip };
    const lease = aStage('render');
    const { artifacts } = await stages.run(node.nodeId, lease);

    node.order = { output: clip, inputs: [{ name: 'master', url: node.api.objectUrl(artifacts[0]!.key) }] };
    const packaged = await stages.run(node.nodeId, { ...lease, stage: 'package' });
    expect(packaged.artifacts.map(({ name, frames }) => ({ name, frames }))).toEqual([
      { name: 'video', frames: 24 },
      { name: 'image', frames: undefined },
    ]);
  });

  it.each([
    { why: 'the lease is not this node’s', answer: 409, expected: 'LeaseLost', orders: 1 },
    { why: 'the node is revoked', answer: 403, expected: 'NodeRefused', orders: 1 },
    { why: 'the API is away', answer: 503, expected: 'ApiUnavailable', orders: 3 },
  ])('fails as $expected when $why', async ({ answer, expected, orders }) => {
    const node = await startNode();
    node.api.orderFor = () => answer;
    expect(await failureTypeOf(stages.run(node.nodeId, aStage('render')))).toBe(expected);
    expect(node.api.requests).toHaveLength(orders);
  });

  it('waits for an API that is away, within one attempt', async () => {
    const node = await startNode({ apiPatienceMs: 30_000 });
    const { orderFor } = node.api;
    node.api.orderFor = (request) => (node.api.requests.length < 3 ? 503 : orderFor(request));
    await stages.run(node.nodeId, aStage('render'));
    expect(node.api.requests.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  });

  it('is not tried again when the backend refuses the order', async () => {
    const node = await startNode({ referenceMode: 'full' });
    expect(await failureTypeOf(stages.run(node.nodeId, aStage('package')))).toBe('StageFailed'); // no `master`
    expect(node.api.requests).toHaveLength(1);
  });

  it('is tried again after its child died, in a new child', async () => {
    const node = await startNode({ referenceMode: 'full' });
    const stage = aStage('render');
    const handle = await stages.send(node.nodeId, stage);
    await node.scheduler.heard('began');
    node.order = { output: { ...VIDEO, widthPx: 64, heightPx: 64, durationS: 1 } };
    process.kill(node.agent.lanes.childPids()[0]!, 'SIGKILL');

    expect((await handle.result()).artifacts[0]).toMatchObject({ name: 'master', frames: 24 });
    expect(node.api.requests.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('ends when Temporal cancels it, and its lane is free again', async () => {
    const node = await startNode({ referenceMode: 'full' });
    const handle = await stages.send(node.nodeId, aStage('render'));
    await node.scheduler.heard('began');
    await handle.cancel();
    expect(await failureTypeOf(handle.result())).not.toBe('completed');
    await node.scheduler.heard('heartbeat', ({ progress }) => progress.length === 0);

    node.order = { output: { ...VIDEO, widthPx: 64, heightPx: 64, durationS: 1 } };
    await stages.run(node.nodeId, aStage('render'));
  });
});

describe('a recall', { timeout: 60_000 }, () => {
  it('stops the stage, keeps the child and its model, answers freed', async () => {
    const node = await startNode({ referenceMode: 'full' });
    const stage = aStage('render');
    const handle = await stages.send(node.nodeId, stage);
    await node.scheduler.heard('heartbeat', ({ progress }) => progress.some(({ fraction }) => fraction > 0));
    const [pid] = node.agent.lanes.childPids();
    node.scheduler.say({ type: 'recall', ...leaseOf(stage), reason: 'taken_back' });

    expect(await node.scheduler.heard('freed')).toEqual({ type: 'freed', ...leaseOf(stage) });
    expect(await failureTypeOf(handle.result())).toBe('LeaseLost');
    expect(node.agent.lanes.childPids()).toEqual([pid]);
    expect(node.api.objects.size).toBe(0);
    expect(await readdir(node.workDir)).toEqual([]);
  });

  it('kills a child that does not stop in the grace time', async () => {
    const node = await startNode({ referenceMode: 'full', graceMs: 200 });
    const stage = aStage('render');
    const handle = await stages.send(node.nodeId, stage);
    await node.scheduler.heard('began');
    const pid = node.agent.lanes.childPids()[0]!;
    process.kill(pid, 'SIGSTOP');
    node.scheduler.say({ type: 'recall', ...leaseOf(stage), reason: 'cancelled' });

    await node.scheduler.heard('freed');
    expect(isAlive(pid)).toBe(false);
    expect(await failureTypeOf(handle.result())).toBe('LeaseLost');
  });

  it('of a lease that never came is answered freed, and its stage is refused when it comes', async () => {
    const node = await startNode();
    const stage = aStage('render', '7');
    node.scheduler.say({ type: 'recall', ...leaseOf(stage), reason: 'ended' });
    await node.scheduler.heard('freed');

    expect(await failureTypeOf(stages.run(node.nodeId, stage))).toBe('LeaseLost');
    expect(await failureTypeOf(stages.run(node.nodeId, { ...stage, fence: '6' }))).toBe('LeaseLost');
    expect(node.api.requests).toEqual([]);
    expect(await failureTypeOf(stages.run(node.nodeId, { ...stage, fence: '8' }))).toBe('completed');
  });

  it('is answered until the scheduler notes it, over reconnects too', async () => {
    const node = await startNode();
    const stage = aStage('render');
    node.scheduler.answers.freed = false;
    node.scheduler.say({ type: 'recall', ...leaseOf(stage), reason: 'ended' });
    for (let times = 0; times < 3; times++) {
      await node.scheduler.heard('freed');
      node.scheduler.forget();
    }
    node.scheduler.cut();
    await node.scheduler.heard('register');
    await node.scheduler.heard('freed');
    node.scheduler.answers.freed = true;
    node.scheduler.say({ type: 'freed_noted', ...leaseOf(stage) });
    const heard = (type: string) => node.scheduler.messages.filter((message) => message.type === type).length;
    node.scheduler.forget();
    await node.scheduler.heard('heartbeat', () => heard('heartbeat') > 2);
    expect(heard('freed')).toBeLessThanOrEqual(1); // one may have crossed the note
  });
});

describe('a node', { timeout: 60_000 }, () => {
  it('kills its children when no scheduler is heard', async () => {
    const node = await startNode({ referenceMode: 'full', aloneLimitMs: 500 });
    const stage = aStage('render');
    const handle = await stages.send(node.nodeId, stage);
    await node.scheduler.heard('began');
    const pid = node.agent.lanes.childPids()[0]!;
    node.scheduler.answers = { registrations: false, heartbeats: false, freed: false };

    expect(await failureTypeOf(handle.result())).toBe('LeaseLost');
    expect(isAlive(pid)).toBe(false);
    node.scheduler.answers = { registrations: true, heartbeats: true, freed: true };
    expect(await node.scheduler.heard('freed')).toEqual({ type: 'freed', ...leaseOf(stage) });
  });

  it('registers again with the stage that lives on, and says again that it began', async () => {
    const node = await startNode({ referenceMode: 'full', aloneLimitMs: 5_000 });
    const stage = aStage('render');
    const handle = await stages.send(node.nodeId, stage);
    await node.scheduler.heard('began');
    node.scheduler.forget();
    node.scheduler.cut();

    expect((await node.scheduler.heard('register')).living).toEqual([leaseOf(stage)]);
    await node.scheduler.heard('began');
    node.scheduler.kill = [leaseOf(stage)];
    node.scheduler.cut();
    expect(await node.scheduler.heard('freed')).toEqual({ type: 'freed', ...leaseOf(stage) });
    expect(await failureTypeOf(handle.result())).toBe('LeaseLost');
  });

  it('takes no stage while it is drained', async () => {
    const node = await startNode();
    node.scheduler.say({ type: 'drain' });
    // Messages are heard in order: what follows the drain has been heard when this is answered.
    node.scheduler.say({ type: 'recall', ...leaseOf(aStage('render')), reason: 'ended' });
    await node.scheduler.heard('freed');
    expect(await failureTypeOf(stages.run(node.nodeId, aStage('render')))).toBe('LeaseLost');
  });

  it('says that it leaves, gives its lanes back and ends', async () => {
    const node = await startNode({ referenceMode: 'full' });
    const stage = aStage('render');
    const handle = await stages.send(node.nodeId, stage);
    await node.scheduler.heard('began');
    const pid = node.agent.lanes.childPids()[0]!;
    await node.agent.beforeApplicationShutdown();

    await node.scheduler.heard('leaving');
    await node.scheduler.heard('freed', ({ generationId }) => generationId === stage.generationId);
    expect(await failureTypeOf(handle.result())).toBe('LeaseLost');
    expect(isAlive(pid)).toBe(false);
  });
});

interface Node {
  agent: LaneAgent;
  nodeId: string;
  scheduler: LaneSchedulerDouble;
  api: LaneApiDouble;
  workDir: string;
  /** Replaces parts of the next work orders. */
  order: Partial<WorkOrder>;
}

/** An agent with one lane, a scheduler and an API of its own, registered. */
async function startNode(settings: Partial<AgentSettings> = {}): Promise<Node> {
  const nodeId = `node-${randomUUID()}`;
  const nodeToken = randomUUID();
  const scheduler = await LaneSchedulerDouble.listen(nodeToken);
  openThings.push(() => scheduler.close());
  const api = await LaneApiDouble.listen(nodeToken);
  openThings.push(() => api.close());
  const agent = new LaneAgent({
    nodeId,
    nodeToken,
    poolClass: 'halo-1',
    laneCount: 1,
    models: ['ray-2'],
    backend: 'reference',
    referenceMode: 'instant',
    graceMs: 2_000,
    schedulerUrls: [scheduler.url],
    heartbeatEveryMs: 50,
    aloneLimitMs: 6_000,
    apiOrigin: api.origin,
    apiPatienceMs: 0,
    temporalAddress: testTemporalAddress(),
    temporalNamespace: 'default',
    agentDir,
    ...settings,
  });
  openThings.push(() => agent.beforeApplicationShutdown());
  const node: Node = { agent, nodeId, scheduler, api, workDir: join(agentDir, nodeId), order: {} };
  api.orderFor = (request) => ({ ...orderOf(node, request), ...node.order });
  await agent.onApplicationBootstrap();
  expect(await scheduler.heard('register')).toEqual({
    type: 'register',
    lanes: [{ laneId: `${nodeId}/0` }],
    poolClass: 'halo-1',
    residentModels: ['ray-2'],
    living: [],
  });
  return node;
}

function orderOf({ nodeId, api }: Node, request: WorkOrderRequest): WorkOrder {
  const plan = planScene({ prompt: PROMPT, seed: 7, round: request.round });
  const uploads = ['draft', 'master', 'video', 'image'].map((name) => api.upload(name, request));
  const treatment = treatmentOf(PLAIN_RECIPE);
  return { laneIds: [`${nodeId}/0`], model: 'ray-2', prompt: PROMPT, seed: 7, output: VIDEO, treatment, plan, inputs: [], uploads };
}

function aStage(stage: LaneStage, fence = '1'): LaneStageInput {
  return { tenantId: randomUUID(), generationId: randomUUID(), fence, stage, round: 0 };
}

function leaseOf({ tenantId, generationId, fence }: LaneStageInput) {
  return { tenantId, generationId, fence };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
