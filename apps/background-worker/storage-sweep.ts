import { Inject, Injectable, Logger } from '@nestjs/common';
import { generationIdOf, type KeyOwner, orphanedKeys, type StoredObject } from '#apps/background-worker/orphaned-keys';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';
import { ObjectStorage } from '#platform/storage/object-storage';

const SWEEP_EVERY_MS = 600_000;
const MAX_OBJECTS_AT_ONCE = 500;

/** Deletes what lost and repeated attempts left in the storage: keys that no checkpoint and no asset names. */
@Injectable()
export class StorageSweep extends Sweep {
  private readonly logger = new Logger('storage sweep');
  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
  ) {
    super({ name: 'storage sweep', everyMs: SWEEP_EVERY_MS });
  }

  async sweep(): Promise<void> {
    let deleted = 0;
    for (const { id } of await this.pool.query<{ id: string }>('SELECT id FROM tenants ORDER BY id')) {
      if (this.isStopping) return;
      deleted += await this.sweepTenant(id);
    }
    if (deleted > 0) this.logger.log(`deleted ${deleted} objects that nothing names`);
  }

  private async sweepTenant(tenantId: string): Promise<number> {
    let deleted = 0;
    let objects: StoredObject[] = [];
    for await (const { key, facts } of this.storage.list(`${tenantId}/`)) {
      if (this.isStopping) return deleted;
      objects.push({ key, modifiedAt: facts.modifiedAt });
      if (objects.length < MAX_OBJECTS_AT_ONCE) continue;
      deleted += await this.sweepObjects(tenantId, objects);
      objects = [];
    }
    return deleted + (await this.sweepObjects(tenantId, objects));
  }

  private async sweepObjects(tenantId: string, objects: readonly StoredObject[]): Promise<number> {
    const generationIds = new Set(objects.flatMap(({ key }) => generationIdOf(key) ?? []));
    if (generationIds.size === 0) return 0;
    const orphaned = orphanedKeys(objects, await this.ownersOf(tenantId, [...generationIds]), new Date());
    for (const key of orphaned) await this.storage.delete(key);
    return orphaned.length;
  }

  /** Final generations only. Any text in their checkpoints and assets counts as a name, so that a new form of either loses nothing. */
  private async ownersOf(tenantId: string, generationIds: readonly string[]): Promise<Map<string, KeyOwner>> {
    const rows = await this.pool.query<{ id: string; finished_at: Date; named: string[] }>(
      `SELECT g.id, g.finished_at, ARRAY(
         SELECT text #>> '{}' FROM (
           SELECT jsonb_path_query(coalesce(g.assets, '{}'), 'strict $.** ? (@.type() == "string")') AS text
           UNION
           SELECT jsonb_path_query(c.outcome, 'strict $.** ? (@.type() == "string")')
           FROM checkpoints c WHERE c.tenant_id = g.tenant_id AND c.generation_id = g.id) AS names) AS named
       FROM generations g
       WHERE g.tenant_id = $1 AND g.id = ANY ($2::uuid[]) AND g.finished_at IS NOT NULL`,
      [tenantId, generationIds],
    );
    return new Map(rows.map(({ id, finished_at, named }) => [id, { finishedAt: finished_at, namedKeys: new Set(named) }]));
  }
}
