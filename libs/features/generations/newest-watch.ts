import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TooManyWatchers } from '#features/generations/generation-watch';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { WakeLoop } from '#platform/outbox/wake-loop';

const MAX_WATCHERS = 5_000;
/** Nothing depends on being notified: a lost notification costs this much. */
const LOOK_EVERY_MS = 1_000;
/** Every submit wakes the scheduler. */
const CHANNEL = 'halogen_scheduler';

interface Watcher {
  tenantId: string;
  newestId: string | undefined;
  tell(id: string): void;
}

/** Tells those who look at a tenant's list that there is a newer generation. One look into an index a tenant, and none without lookers. */
@Injectable()
export class NewestWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watchers = new Set<Watcher>();
  private readonly loop = new WakeLoop({ name: 'newest watch', everyMs: LOOK_EVERY_MS, run: () => this.look() });
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(Notifications) private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopListening?.();
    await this.loop.stop();
  }

  /** Calls `tell` with the newest generation soon, and whenever it is another one, until the returned function is called. @throws TooManyWatchers */
  follow(tenantId: string, tell: (id: string) => void): () => void {
    if (this.watchers.size >= MAX_WATCHERS) throw new TooManyWatchers();
    this.stopListening ??= this.notifications.on(CHANNEL, () => {
      if (this.watchers.size > 0) this.loop.wake();
    });
    const watcher: Watcher = { tenantId, newestId: undefined, tell };
    this.watchers.add(watcher);
    this.loop.wake();
    return () => this.watchers.delete(watcher);
  }

  private async look(): Promise<void> {
    if (this.watchers.size === 0) return;
    const tenantIds = [...new Set([...this.watchers].map(({ tenantId }) => tenantId))];
    const rows = await this.pool.transaction('look at newest generations', tenantIds, (tx) =>
      tx.query<{ tenant_id: string; id: string }>(
        `SELECT w.tenant_id, newest.id FROM unnest($1::uuid[]) AS w (tenant_id)
           CROSS JOIN LATERAL (SELECT g.id FROM generations g WHERE g.tenant_id = w.tenant_id AND g.deleted_at IS NULL
                                ORDER BY g.created_at DESC, g.id DESC LIMIT 1) AS newest`,
        [tenantIds],
      ),
    );
    const newestIds = new Map(rows.map(({ tenant_id, id }) => [tenant_id, id]));
    for (const watcher of this.watchers) {
      const newestId = newestIds.get(watcher.tenantId);
      if (newestId === undefined || newestId === watcher.newestId) continue;
      watcher.newestId = newestId;
      watcher.tell(newestId);
    }
  }
}
