import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { eraseAll } from '#features/retention/erase-all';
import { ERASED_AT_ONCE, MAX_ERASED_PER_SWEEP, MAX_OBJECTS_LISTED, UNFINISHED_AFTER_MS } from '#features/retention/limits';
import type { ErasedObject, FoundSubject, Subject } from '#features/retention/subject';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';
import { ObjectStorage } from '#platform/storage/object-storage';

const SWEEP_EVERY_MS = 60_000;

/**
 * Erases what projects keep no longer and what customers deleted. First the proof and the empty row, in one transaction; then the objects: what
 * a dead process left of them the next sweep deletes. Several may run at once.
 */
@Injectable()
export class ErasureSweep extends Sweep {
  private readonly logger = new Logger('erasure sweep');

  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
  ) {
    super({ name: 'erasure sweep', everyMs: SWEEP_EVERY_MS });
  }

  /** @returns how many it erased, at most `maxErased` */
  async sweep(now = new Date(), maxErased = MAX_ERASED_PER_SWEEP): Promise<number> {
    await this.finishEarlier(now);
    let erased = 0;
    while (!this.isStopping && erased < maxErased) {
      const due = await this.pool.query<Subject>(DUE, [now, Math.min(ERASED_AT_ONCE, maxErased - erased)]);
      const count = await this.erase(due, now);
      erased += count;
      if (count === 0) break;
    }
    if (erased > 0) this.logger.log(`erased ${erased} generations and batches`);
    if (erased === maxErased) this.sweepAgain();
    return erased;
  }

  private async erase(due: readonly Subject[], now: Date): Promise<number> {
    const found: FoundSubject[] = [];
    // Read outside the transaction: hashing a film takes longer than a row may be locked.
    for (const subject of due) found.push({ ...subject, objects: await this.objectsOf(subject) });
    const erased = await this.pool.transaction('erase', [], (tx) => eraseAll(tx, found, now));
    for (const subject of erased) await this.deleteObjects(subject);
    return erased.length;
  }

  /** Deletes what a process that died has left after its proof. */
  private async finishEarlier(now: Date): Promise<void> {
    const unfinished = await this.pool.query<Subject>(
      `SELECT tenant_id AS "tenantId", subject, subject_id AS id FROM erasures
        WHERE objects_deleted_at IS NULL AND erased_at < $1 ORDER BY erased_at LIMIT ${MAX_ERASED_PER_SWEEP}`,
      [new Date(now.getTime() - UNFINISHED_AFTER_MS)],
    );
    for (const subject of unfinished) {
      if (this.isStopping) return;
      await this.deleteObjects(subject);
    }
  }

  private async objectsOf(subject: Subject): Promise<ErasedObject[]> {
    const objects: ErasedObject[] = [];
    for await (const { key, facts } of this.storage.list(prefixOf(subject))) {
      objects.push({ key, bytes: facts.bytes, sha256: await this.hashOf(key) });
      if (objects.length === MAX_OBJECTS_LISTED) break;
    }
    return objects;
  }

  private async hashOf(key: string): Promise<string | null> {
    const sha256 = createHash('sha256');
    try {
      for await (const piece of await this.storage.read(key)) sha256.update(piece as Buffer);
      return sha256.digest('hex');
    } catch {
      return null;
    }
  }

  private async deleteObjects(subject: Subject): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of this.storage.list(prefixOf(subject))) keys.push(key);
    for (const key of keys) await this.storage.delete(key);
    await this.pool.query(
      `UPDATE erasures SET objects_deleted_at = clock_timestamp()
        WHERE tenant_id = $1 AND subject = $2 AND subject_id = $3 AND objects_deleted_at IS NULL`,
      [subject.tenantId, subject.subject, subject.id],
    );
  }
}

/** Where the storage keeps all that belongs to it. */
function prefixOf({ tenantId, subject, id }: Subject): string {
  return subject === 'batch' ? `${tenantId}/batches/${id}/` : `${tenantId}/${id}/`;
}

/** Oldest first, so that a project with a long list does not keep the others waiting. `eraseAll` asks the rule again, under lock. */
const DUE = `
  SELECT tenant_id AS "tenantId", subject, id FROM (
    SELECT due.* FROM projects p CROSS JOIN LATERAL (
      SELECT g.tenant_id, 'generation' AS subject, g.id, g.finished_at FROM generations g
       WHERE g.tenant_id = p.tenant_id AND g.project_id = p.id AND g.finished_at IS NOT NULL AND g.erased_at IS NULL
         AND g.finished_at <= $1::timestamptz - make_interval(days => p.retention_days)
       ORDER BY g.finished_at LIMIT $2::int) AS due
     WHERE NOT p.legal_hold
    UNION ALL
    SELECT due.* FROM projects p CROSS JOIN LATERAL (
      SELECT b.tenant_id, 'batch', b.id, b.finished_at FROM batches b
       WHERE b.tenant_id = p.tenant_id AND b.project_id = p.id AND b.finished_at IS NOT NULL AND b.erased_at IS NULL AND b.work IS NULL
         AND b.finished_at <= $1::timestamptz - make_interval(days => p.retention_days)
       ORDER BY b.finished_at LIMIT $2::int) AS due
     WHERE NOT p.legal_hold
    UNION ALL
    (SELECT g.tenant_id, 'generation', g.id, g.deleted_at FROM generations g
       LEFT JOIN projects p ON p.tenant_id = g.tenant_id AND p.id = g.project_id
      WHERE g.deleted_at IS NOT NULL AND g.finished_at IS NOT NULL AND g.erased_at IS NULL AND p.legal_hold IS NOT TRUE
      ORDER BY g.deleted_at LIMIT $2::int)
  ) AS subjects ORDER BY finished_at LIMIT $2::int`;
