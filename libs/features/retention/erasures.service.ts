import { Inject, Injectable } from '@nestjs/common';
import type { ErasureRule } from '#core/retention/retention';
import type { ErasedObject, Subject } from '#features/retention/subject';
import { HotPool } from '#platform/database/hot-pool';

/** A proof that something was erased. */
export interface Erasure {
  id: string;
  subject: Subject['subject'];
  subjectId: string;
  projectId: string | null;
  rule: ErasureRule;
  retentionDays: number | null;
  finishedAt: Date;
  requestSha256: string;
  objects: ErasedObject[];
  erasedAt: Date;
  objectsDeletedAt: Date | null;
}

const COLUMNS = `id, subject, subject_id AS "subjectId", project_id AS "projectId", rule, retention_days AS "retentionDays",
  finished_at AS "finishedAt", encode(request_sha256, 'hex') AS "requestSha256", objects, erased_at AS "erasedAt",
  objects_deleted_at AS "objectsDeletedAt"`;

/** What was erased of a tenant's work. */
@Injectable()
export class ErasuresService {
  constructor(@Inject(HotPool) private readonly db: HotPool) {}

  /** Oldest first. */
  async list(tenantId: string, { project, after, limit }: { project?: string; after?: string; limit: number }): Promise<Erasure[]> {
    return this.db.transaction('list erasures', [tenantId], (tx) =>
      tx.query<Erasure>(
        `SELECT ${COLUMNS} FROM erasures
          WHERE tenant_id = $1 AND ($2::uuid IS NULL OR project_id = $2) AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4`,
        [tenantId, project ?? null, after ?? null, limit],
      ),
    );
  }

  /** When and by which rule a generation was erased; undefined while it is kept. */
  async ofGeneration(tenantId: string, generationId: string): Promise<Pick<Erasure, 'rule' | 'erasedAt'> | undefined> {
    return this.db.transaction('find erasure', [tenantId], async (tx) => {
      const [row] = await tx.query<Pick<Erasure, 'rule' | 'erasedAt'>>(
        `SELECT rule, erased_at AS "erasedAt" FROM erasures WHERE tenant_id = $1 AND subject = 'generation' AND subject_id = $2`,
        [tenantId, generationId],
      );
      return row;
    });
  }
}
