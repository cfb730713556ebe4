import type { Batch } from '#contracts/native/batches';
import type { JourneyPlatform } from '#test/journeys/journey-platform';

/** Loads rows as the demo tenant. Throws with the answer if the file as a whole is refused. */
export async function postBatch(journey: JourneyPlatform, body: string, contentType: string, options: object): Promise<Batch> {
  const route = `/api/v1/batches?options=${encodeURIComponent(JSON.stringify(options))}`;
  const response = await journey.fetch(route, { method: 'POST', body, headers: { 'content-type': contentType } });
  if (response.status !== 202) throw new Error(await response.text());
  return (await response.json()) as Batch;
}

export async function batchOf(journey: JourneyPlatform, id: string): Promise<Batch> {
  return (await (await journey.fetch(`/api/v1/batches/${id}`)).json()) as Batch;
}
