import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { controlActivities } from '#apps/generation-worker/activities/control-activities';
import { MediaFetcher } from '#apps/generation-worker/activities/fetch-media';
import { StageFailed } from '#apps/generation-worker/activities/stage-failed';
import { MediaReader } from '#apps/generation-worker/media/media-reader';
import { admitGeneration, prepareTenantAndNode } from '#apps/generation-worker/testing/admit-generation';
import type { StageOutcome } from '#contracts/lanes/work-order';
import type { LeaseRef } from '#core/generations/lease';
import { LeaseLost } from '#core/generations/lease-lost';
import { BLACKLISTED_WORDS_REASON } from '#core/generations/moderate';
import { planScene } from '#core/generations/scene-plan';
import { RunsService } from '#features/generations/runs.service';
import { HotPool } from '#platform/database/hot-pool';
import { OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { LocalFolder } from '#platform/storage/local-folder';
import { type TestDatabase, testDatabase } from '#testing/test-database';
import type { ControlActivities } from '#workflows/activities';

let database: TestDatabase;
let db: HotPool;
let folder: string;
let storage: LocalFolder;
let activities: ControlActivities;

beforeAll(async () => {
  database = await testDatabase();
  const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 1 });
  await prepareTenantAndNode(owner);
  await owner.close();
  db = new HotPool({ url: database.controlUrl, applicationName: 'test', maxConnections: 4 });
  folder = await mkdtemp(join(tmpdir(), 'halogen-storage-'));
  storage = new LocalFolder(folder);
  const runs = new RunsService(db);
  const media = new MediaFetcher(runs, storage, new OutboundDownloads(parseOutboundSettings({})), new MediaReader());
  activities = controlActivities(runs, storage, media);
}, 60_000);

afterAll(async () => {
  await db.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

it('moderate lets a harmless prompt pass and names what it refuses', async () => {
  expect(await activities.moderate(await admitGeneration(db))).toBeNull();
  expect(await activities.moderate(await admitGeneration(db, { prompt: 'a SNUFF film' }))).toEqual({ failed: BLACKLISTED_WORDS_REASON });
});

it('plan keeps the scene of its round, and may run twice', async () => {
  const lease = await admitGeneration(db, { prompt: 'a lighthouse' });
  await activities.plan({ ...lease, round: 1 });
  await activities.plan({ ...lease, round: 1 });
  expect(await checkpointsOf(lease)).toEqual([
    { stage: 'plan', round: 1, outcome: planScene({ prompt: 'a lighthouse', seed: 7, round: 1 }) },
  ]);
});

const A_FLAT_DRAFT = draftWith({ contrast: 0.01, meanLuma: 0.5 });
const A_GOOD_DRAFT = draftWith({ contrast: 0.4, meanLuma: 0.5 });

it.each([
  { name: 'a good draft', round: 0, outcome: A_GOOD_DRAFT, verdict: 'accept' },
  { name: 'a flat draft', round: 1, outcome: A_FLAT_DRAFT, verdict: 'again' },
  { name: 'the last draft, flat or not', round: 2, outcome: A_FLAT_DRAFT, verdict: 'accept' },
])('judge of $name in round $round → $verdict', async ({ round, outcome, verdict }) => {
  const lease = await admitGeneration(db, { checkpoints: [{ stage: 'draft', round, outcome }] });
  expect(await activities.judge({ ...lease, round })).toEqual({ verdict });
  expect(await checkpointsOf(lease)).toContainEqual(
    expect.objectContaining({ stage: 'judge', round, outcome: expect.objectContaining({ verdict }) }),
  );
});

it('publish names media that are whole in storage', async () => {
  const lease = await admitGeneration(db, {
    kind: 'video',
    checkpoints: [
      { stage: 'render', round: 0, outcome: outcomeWith([{ name: 'master', key: 'tenant/g/master.mp4', bytes: 9 }]) },
      {
        stage: 'package',
        round: 0,
        outcome: outcomeWith([
          { name: 'video', key: 'tenant/g/video.mp4', bytes: 5 },
          { name: 'image', key: 'tenant/g/thumbnail.jpg', bytes: 5 },
        ]),
      },
    ],
  });
  await store('tenant/g/video.mp4', 'video');
  await store('tenant/g/thumbnail.jpg', 'image');
  await activities.publish(lease);
  await activities.publish(lease);
  const [row] = await db.query<{ assets: object }>('SELECT assets FROM generations WHERE id = $1', [lease.generationId]);
  expect(row?.assets).toEqual({ image: 'tenant/g/thumbnail.jpg', video: 'tenant/g/video.mp4' });
});

it.each([
  { name: 'that no stage left', artifacts: [] },
  { name: 'that is not in storage', artifacts: [{ name: 'image', key: 'tenant/g/absent.png', bytes: 5 }] },
  { name: 'that is not whole', artifacts: [{ name: 'image', key: 'tenant/g/short.png', bytes: 6 }] },
])('publish fails for good with an image $name', async ({ artifacts }) => {
  const lease = await admitGeneration(db, { checkpoints: [{ stage: 'render', round: 0, outcome: outcomeWith(artifacts) }] });
  await store('tenant/g/short.png', 'image').catch(() => {}); // there already
  await expect(activities.publish(lease)).rejects.toThrow(StageFailed);
});

it.each(['moderate', 'fetchMedia', 'plan', 'judge', 'publish', 'saveCheckpoint', 'settle', 'release'] as const)(
  '%s under an old fence loses',
  async (name) => {
    const lease = await admitGeneration(db);
    const old = { ...lease, fence: '0', stage: 'render' as const, round: 0, outcome: A_GOOD_DRAFT, reason: 'too late' };
    await expect(activities[name](old)).rejects.toThrow(LeaseLost);
    expect(await checkpointsOf(lease)).toEqual([]);
  },
);

function draftWith(metrics: Record<string, number>): StageOutcome {
  return { artifacts: [], metrics, backend: 'scripted', ranMs: 1 };
}

function outcomeWith(artifacts: { name: string; key: string; bytes: number }[]): StageOutcome {
  return {
    artifacts: artifacts.map((artifact) => ({ ...artifact, contentType: 'image/png' })),
    metrics: {},
    backend: 'scripted',
    ranMs: 1,
  };
}

async function store(key: string, content: string): Promise<void> {
  await storage.create(key, Readable.from([content]), { contentType: 'image/png', maxBytes: 100 });
}

async function checkpointsOf({ generationId }: LeaseRef) {
  return db.query('SELECT stage, round, outcome FROM checkpoints WHERE generation_id = $1 ORDER BY finished_at', [generationId]);
}
