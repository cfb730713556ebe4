import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { isFinal } from '#core/generations/state';
import { type GenerationEvent, timelineOf } from '#core/generations/timeline';
import { type GenerationReport, GenerationReportsService, timelineFactsOf } from '#features/generations/generation-reports.service';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { WakeLoop } from '#platform/outbox/wake-loop';

/** Who watches what at once in one process. More are refused. */
const MAX_WATCHERS = 5_000;
/** Nothing depends on being notified: a lost notification costs this much. */
const LOOK_EVERY_MS = 1_000;
/** Channels on which something may have happened to a generation. */
const CHANNELS = ['halogen_stream', 'halogen_workflow', 'halogen_scheduler', 'halogen_delivery'];

interface Watcher {
  tenantId: string;
  id: string;
  /** What it was told of last: grows with everything that can happen. */
  version: string;
  tell(report: GenerationReport): void;
}

export class TooManyWatchers extends Error {
  constructor() {
    super('too many generations are watched in this process');
    this.name = 'TooManyWatchers';
  }
}

/**
 * Tells those who wait in this process what happens to their generations. It reads: nothing is written for a watcher, and a generation
 * that nobody watches costs nothing. One query a look covers all that are watched.
 */
@Injectable()
export class GenerationWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watchers = new Set<Watcher>();
  private readonly loop = new WakeLoop({ name: 'generation watch', everyMs: LOOK_EVERY_MS, run: () => this.look() });
  private stopListening: (() => void)[] = [];

  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(Notifications) private readonly notifications: Notifications,
    @Inject(GenerationReportsService) private readonly reports: GenerationReportsService,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    for (const stop of this.stopListening) stop();
    await this.loop.stop();
  }

  /** Calls `tell` with the generation as it is soon, and after each change, until the returned function is called. @throws TooManyWatchers */
  follow({ tenantId, id }: { tenantId: string; id: string }, tell: (report: GenerationReport) => void): () => void {
    if (this.watchers.size >= MAX_WATCHERS) throw new TooManyWatchers();
    this.listen();
    const watcher: Watcher = { tenantId, id, version: '', tell };
    this.watchers.add(watcher);
    this.loop.wake();
    return () => this.watchers.delete(watcher);
  }

  /** The final generation, or undefined when it has not ended in time. @throws TooManyWatchers */
  async untilFinal(of: { tenantId: string; id: string }, timeoutMs: number): Promise<GenerationReport | undefined> {
    const { promise, resolve } = Promise.withResolvers<GenerationReport | undefined>();
    const timer = setTimeout(resolve, timeoutMs, undefined);
    const stop = this.follow(of, (report) => {
      if (isFinal(report.generation.state)) resolve(report);
    });
    return promise.finally(() => {
      clearTimeout(timer);
      stop();
    });
  }

  /** A process that nobody asks to watch is woken by nothing. */
  private listen(): void {
    if (this.stopListening.length > 0) return;
    this.stopListening = CHANNELS.map((channel) =>
      this.notifications.on(channel, () => {
        if (this.watchers.size > 0) this.loop.wake();
      }),
    );
  }

  private async look(): Promise<void> {
    if (this.watchers.size === 0) return;
    const watchers = [...this.watchers];
    const versions = await this.versionsOf(watchers);
    const changed = watchers.filter(({ id, version }) => versions.has(id) && versions.get(id) !== version);
    for (const [id, ofOne] of Map.groupBy(changed, (watcher) => watcher.id)) {
      const [{ tenantId }] = ofOne as [Watcher];
      const report = await this.reports.get({ tenantId }, id);
      if (!report) continue;
      for (const watcher of ofOne) {
        watcher.version = versions.get(id) as string;
        if (this.watchers.has(watcher)) watcher.tell(report);
      }
    }
  }

  /** A text that changes with every event of the timeline. */
  private async versionsOf(watchers: readonly Watcher[]): Promise<Map<string, string>> {
    const rows = await this.pool.transaction(
      'look at watched generations',
      watchers.map(({ tenantId }) => tenantId),
      (tx) =>
        tx.query<{ id: string; version: string }>(
          `SELECT g.id, concat_ws('/', g.state, g.fence, g.first_began_at IS NOT NULL,
                    (SELECT count(*) FROM checkpoints c WHERE c.tenant_id = g.tenant_id AND c.generation_id = g.id),
                    (SELECT count(l.began_at) || '-' || count(l.ended_at) FROM leases l WHERE l.tenant_id = g.tenant_id AND l.generation_id = g.id)) AS version
             FROM unnest($1::uuid[], $2::uuid[]) AS w (tenant_id, id) JOIN generations g USING (tenant_id, id)`,
          [watchers.map(({ tenantId }) => tenantId), watchers.map(({ id }) => id)],
        ),
    );
    return new Map(rows.map(({ id, version }) => [id, version]));
  }
}

/** Events after the one a reader has seen last. */
export function eventsAfter(report: GenerationReport, lastSeen: number): GenerationEvent[] {
  return timelineOf(timelineFactsOf(report)).filter(({ sequence }) => sequence > lastSeen);
}
