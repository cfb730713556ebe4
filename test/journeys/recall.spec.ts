import { afterAll, beforeAll, expect, it } from 'vitest';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';
import { someUnits } from '#testing/builders';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterAll(() => journey.stop());

interface Lease {
  fence: string;
  served_from: string;
  end_reason: string | null;
  admitted_at: Date;
  ended_at: Date | null;
  freed_at: Date | null;
  lane_ids: string[];
}

it('takes a lent lane back for its owner, whose work starts at once; the borrower goes on after its checkpoint', async () => {
  const [{ lanes } = { lanes: 0 }] = await journey.database.query<{ lanes: number }>('SELECT count(*)::int AS lanes FROM lanes');
  const [owner] = await journey.database.query<{ id: string }>(
    `SELECT k.tenant_id AS id FROM api_keys k WHERE k.secret_sha256 = sha256($1::text::bytea)`,
    [journey.platform.run.keys.other],
  );
  await someUnits(journey.database, owner?.id as string, 'halo-1', lanes);

  // Nobody uses the units: every lane is lent.
  const borrowers = await Promise.all(
    Array.from({ length: lanes }, (_, at) =>
      journey.client().generations.video.create({ model: 'ray-2', prompt: `a borrowed film ${at}`, resolution: '540p', duration: '9s' }),
    ),
  );
  await until(async () => ((await stagesDone(borrowers.map(({ id }) => id as string))).length === lanes ? true : undefined));

  const headers = { authorization: `Bearer ${journey.platform.run.keys.other}`, 'content-type': 'application/json' };
  const asked = await journey.fetch('/api/v1/generations', {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: 'photon-1', prompt: 'an urgent picture', serviceTier: 'dedicated' }),
  });
  expect(asked.status).toBe(201);
  const { id, createdAt } = (await asked.json()) as { id: string; createdAt: string };
  await journey.untilState(id, 'completed');

  const [own] = await leasesOf(id);
  expect(own?.served_from).toBe('own');
  const recalled = await until(async () => {
    for (const borrower of borrowers) {
      const [first] = await leasesOf(borrower.id as string);
      if (first?.end_reason === 'recalled' && first.freed_at) return { id: borrower.id as string, first };
    }
    return undefined;
  });
  expect(recalled.first.served_from).toBe('lent');
  expect(own?.lane_ids).toEqual(recalled.first.lane_ids);
  // Figures for people; a loaded machine proves nothing by them.
  const ms = (later: Date | null | undefined, earlier: Date | null | undefined) => Number(later) - Number(earlier);
  console.log(
    `recall committed → lane free ${ms(recalled.first.freed_at, recalled.first.ended_at)} ms; asked → started ${ms(own?.admitted_at, new Date(createdAt))} ms`,
  );

  // What the borrower had finished is kept, and its old lease writes nothing more.
  const completed = await journey.untilFinal(recalled.id);
  expect(completed.state).toBe('completed');
  const stages = await journey.database.query<{ stage: string; fence: string }>(
    'SELECT stage, fence FROM checkpoints WHERE generation_id = $1',
    [recalled.id],
  );
  expect(Object.fromEntries(stages.map(({ stage, fence }) => [stage, fence]))).toMatchObject({ draft: '1', package: '2' });
  expect((await journey.transfersOf(recalled.id)).map(({ code }) => code)).toEqual(['reserve', 'settle']);

  // Dedicated work moved no credits.
  expect(await journey.database.query('SELECT 1 FROM transfers WHERE generation_id = $1', [id])).toEqual([]);
  expect(await journey.ledgerDifferences()).toEqual([]);
}, 300_000);

async function leasesOf(id: string): Promise<Lease[]> {
  return journey.database.query('SELECT * FROM leases WHERE generation_id = $1 ORDER BY fence', [id]);
}

/** Which of these have a draft that was judged: they render now. */
async function stagesDone(ids: readonly string[]): Promise<{ generation_id: string }[]> {
  return journey.database.query(`SELECT generation_id FROM checkpoints WHERE stage = 'judge' AND generation_id = ANY ($1::uuid[])`, [ids]);
}
