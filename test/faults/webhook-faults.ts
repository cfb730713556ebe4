import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { recordEvents } from '#features/events/events.service';
import { type JourneyPlatform, until } from '#test/journeys/journey-platform';

const EVENTS_AT_ONCE = 100;
/** Written and not yet heard of: what a fault meets. */
const MOST_UNDER_WAY = 2_000;

/** Each once, spread over the run, as the events come in. */
export const FAULTS = [
  'a flush of redis',
  'background-worker',
  'postgres',
  'api',
  'redis',
  'scheduler',
  'generation-worker',
  'lane-agent',
  'background-worker',
] as const;

/** Facts that are written while one part after the other is killed, and the generations that were asked for meanwhile. */
export interface FaultyRun {
  keyIds: string[];
  generationIds: string[];
}

/**
 * Writes so many events of a tenant, as fast as they are heard of and no faster.
 * @param heard how many events have arrived
 * @param between is called after each fault
 */
export async function writeUnderFaults(
  journey: JourneyPlatform,
  { tenantId, events, heard, between }: { tenantId: string; events: number; heard(): number; between(fault: string): Promise<void> },
): Promise<FaultyRun> {
  const keyIds = Array.from({ length: events }, () => randomUUID());
  const generationIds: string[] = [];
  const client = journey.client('demo', { maxRetries: 0 });
  for (let [at, faults] = [0, 0]; at < events; at += EVENTS_AT_ONCE) {
    await until(async () => (heard() > at - MOST_UNDER_WAY ? true : undefined));
    await writeOnce(journey, tenantId, keyIds.slice(at, at + EVENTS_AT_ONCE));
    const fault = FAULTS[faults];
    if (fault === undefined || at < (events * (faults + 0.5)) / FAULTS.length) continue;
    generationIds.push(await until(async () => (await client.generations.image.create(ONE_IMAGE)).id));
    await inject(journey, fault);
    await between(fault);
    faults += 1;
  }
  return { keyIds, generationIds };
}

const ONE_IMAGE = { model: 'photon-1', prompt: 'a picture that outlives its makers' } as const;

/** As facts record their events, but once: the answer of a commit may be lost with the server. */
async function writeOnce({ database }: JourneyPlatform, tenantId: string, keyIds: readonly string[]): Promise<void> {
  await until(async () => {
    const known = await database.query(`SELECT 1 FROM events WHERE tenant_id = $1 AND data ->> 'keyId' = $2`, [tenantId, keyIds[0]]);
    if (known.length > 0) return true;
    await database.transaction('facts', [], (tx) =>
      recordEvents(
        tx,
        keyIds.map((keyId) => ({ tenantId, type: 'key.revoked', data: { keyId } })),
      ),
    );
    return true;
  });
}

async function inject({ platform }: JourneyPlatform, fault: (typeof FAULTS)[number]): Promise<void> {
  if (fault === 'a flush of redis') {
    const redis = new Redis(platform.run.redis);
    await redis.flushall();
    redis.disconnect();
    return;
  }
  // It may still be coming back from the fault before.
  const pids = await until(async () => (platform.pidsOf(fault).length > 0 ? platform.pidsOf(fault) : undefined));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}
