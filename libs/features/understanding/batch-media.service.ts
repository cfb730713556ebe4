import { type Media, placesOf, type SourceGeneration } from '#features/understanding/media.service';
import { CommandGroup } from '#platform/database/command-group';
import type { HotPool } from '#platform/database/hot-pool';
import type { SignedUrls } from '#platform/storage/signed-urls';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The media of one tenant's rows. Generations that many rows name at the same moment are looked for together. */
export function batchMedia(pool: HotPool, urls: SignedUrls, tenantId: string): Media {
  const sources = new CommandGroup<string, SourceGeneration | null>({
    name: 'find sources of rows',
    run: (ids) => sourcesOf(pool, tenantId, ids),
  });
  return {
    placeOf: placesOf(urls),
    find: async (id) => (UUID.test(id) ? sources.add(id.toLowerCase()) : null),
    urlOf: (key) => urls.assetUrl(key),
  };
}

async function sourcesOf(pool: HotPool, tenantId: string, ids: readonly string[]): Promise<(SourceGeneration | null)[]> {
  const rows = await pool.query<SourceGeneration & { id: string }>(
    `SELECT id, model, state, output, assets, request FROM generations
      WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL AND erased_at IS NULL`,
    [tenantId, [...new Set(ids)]],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
