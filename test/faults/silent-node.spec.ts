import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterAll(() => journey.stop());

it('resumes the work of a silent node elsewhere, after its last checkpoint, and refuses what the node says later', async () => {
  const { id } = await journey.client().generations.video.create({
    model: 'ray-2',
    prompt: 'a film whose node falls silent',
    resolution: '720p',
    duration: '9s',
    callback_url: journey.receiver.url('/silent'),
  });
  // Its draft is a checkpoint, and it renders now.
  await until(async () => (await stagesOf(id as string)).find(({ stage }) => stage === 'judge'));
  const silent = await leaseOf(id as string, '1');
  const agents = journey.platform.pidsOf('lane-agent');
  const pid = (await Promise.all(agents.map(async (one) => ({ one, nodeId: await nodeOf(one) })))).find(
    ({ nodeId }) => nodeId === silent.node_id,
  )?.one;
  if (!pid) throw new Error('no process of the leased node');
  // The whole node freezes: the agent and the children of its lanes.
  const frozen = await processTree(pid);
  for (const one of frozen) process.kill(one, 'SIGSTOP');

  const second = await until(async () => leaseOf(id as string, '2').catch(() => undefined));
  expect(second.node_id).not.toBe(silent.node_id);
  expect(await leaseOf(id as string, '1')).toMatchObject({ end_reason: 'taken_back' });
  for (const one of frozen) process.kill(one, 'SIGCONT');

  const completed = await journey.untilFinal(id as string);
  expect(completed.state).toBe('completed');
  const stages = await stagesOf(id as string);
  expect(Object.fromEntries(stages.map(({ stage, fence }) => [stage, fence]))).toMatchObject({ draft: '1', render: '2', package: '2' });
  expect((await journey.transfersOf(id as string)).map(({ code }) => code)).toEqual(['reserve', 'settle']);

  // The node that woke up is told that its lease is over, frees its lane, and is used again.
  await until(async () => ((await occupancies()) === 0 ? true : undefined));
  expect(await journey.ledgerDifferences()).toEqual([]);
  expect(await stagesOf(id as string)).toEqual(stages);
  await journey.receiver.waitFor((calls) => calls.some(({ body }) => body.state === 'completed'));
  expect(journey.receiver.callsTo('/silent').map(({ body }) => body.state)).toEqual(['dreaming', 'completed']);
});

async function stagesOf(id: string): Promise<{ stage: string; fence: string }[]> {
  return journey.database.query('SELECT stage, fence FROM checkpoints WHERE generation_id = $1 ORDER BY finished_at', [id]);
}

async function leaseOf(id: string, fence: string): Promise<{ node_id: string; end_reason: string | null }> {
  const [row] = await journey.database.query<{ node_id: string; end_reason: string | null }>(
    'SELECT node_id, end_reason FROM leases WHERE generation_id = $1 AND fence = $2',
    [id, fence],
  );
  if (!row) throw new Error('no such lease');
  return row;
}

async function occupancies(): Promise<number | undefined> {
  const [row] = await journey.database.query<{ count: number }>('SELECT count(*)::int AS count FROM lane_occupancies');
  return row?.count;
}

/** Which node a process is, by its environment. */
async function nodeOf(pid: number): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
  return /HALOGEN_NODE_ID=([^\0]+)/.exec(environment)?.[1];
}

/** A process and its children. */
async function processTree(pid: number): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(/\s+/).filter(Boolean).map(Number);
  return [pid, ...children];
}
