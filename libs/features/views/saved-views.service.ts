import { Injectable } from '@nestjs/common';
import type { SaveView } from '#contracts/native/saved-views';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_SAVED_VIEWS, type SavedViewPage } from '#core/views/saved-view';
import { HotPool } from '#platform/database/hot-pool';

export interface SavedViewRow {
  id: string;
  page: SavedViewPage;
  name: string;
  filters: Record<string, string>;
  createdAt: Date;
}

const COLUMNS = 'id, page, name, filters, created_at AS "createdAt"';

/** Filters of lists, kept under a name for whoever saved them: nobody else of the tenant sees them. */
@Injectable()
export class SavedViewsService {
  constructor(private readonly db: HotPool) {}

  async save({ tenantId, apiKeyId }: Caller, { page, name, filters }: SaveView): Promise<SavedViewRow | NamedRefusal> {
    return this.db.transaction('save view', [tenantId], async (tx): Promise<SavedViewRow | NamedRefusal> => {
      const others = await tx.query('SELECT 1 FROM saved_views WHERE tenant_id = $1 AND owner_id = $2 AND page = $3 AND name <> $4', [
        tenantId,
        apiKeyId,
        page,
        name,
      ]);
      if (others.length >= MAX_SAVED_VIEWS) {
        return { refused: 'limit_reached', detail: `At most ${MAX_SAVED_VIEWS} views of a list are kept: delete one` };
      }
      const [saved] = await tx.query<SavedViewRow>(
        `INSERT INTO saved_views (tenant_id, owner_id, page, name, filters) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, owner_id, page, name) DO UPDATE SET filters = EXCLUDED.filters RETURNING ${COLUMNS}`,
        [tenantId, apiKeyId, page, name, JSON.stringify(filters)],
      );
      return saved as SavedViewRow;
    });
  }

  async list({ tenantId, apiKeyId }: Caller): Promise<SavedViewRow[]> {
    return this.db.transaction('saved views', [tenantId], (tx) =>
      tx.query<SavedViewRow>(`SELECT ${COLUMNS} FROM saved_views WHERE tenant_id = $1 AND owner_id = $2 ORDER BY page, name`, [
        tenantId,
        apiKeyId,
      ]),
    );
  }

  async delete({ tenantId, apiKeyId }: Caller, id: string): Promise<'deleted' | NamedRefusal> {
    const deleted = await this.db.transaction('delete saved view', [tenantId], (tx) =>
      tx.query('DELETE FROM saved_views WHERE tenant_id = $1 AND owner_id = $2 AND id = $3 RETURNING 1', [tenantId, apiKeyId, id]),
    );
    return deleted.length > 0 ? 'deleted' : { refused: 'not_found', detail: 'Saved view not found' };
  }
}
