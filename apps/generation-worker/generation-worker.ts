import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { controlActivities } from '#apps/generation-worker/activities/control-activities';
import { failuresByType } from '#apps/generation-worker/activities/failures';
import { MediaFetcher } from '#apps/generation-worker/activities/fetch-media';
import { heartbeats } from '#apps/generation-worker/activities/heartbeats';
import { MediaReader } from '#apps/generation-worker/media/media-reader';
import { Relay } from '#apps/generation-worker/relay/relay';
import { generateBundle } from '#apps/generation-worker/workflow-code';
import { GENERATION_QUEUE } from '#contracts/lanes/task-queues';
import { RunsService } from '#features/generations/runs.service';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import { ObjectStorage } from '#platform/storage/object-storage';
import { TemporalConnection } from '#platform/temporal/temporal-connection';
import { TemporalWorker } from '#platform/temporal/temporal-worker';

/** Starts runs for admitted leases, and runs them. Both begin once Postgres and Temporal can be reached, and go on after each absence. */
@Injectable()
export class GenerationWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly relay: Relay;
  private readonly worker: TemporalWorker;

  constructor(
    @Inject(HotPool) db: HotPool,
    @Inject(Notifications) notifications: Notifications,
    @Inject(TemporalConnection) private readonly temporal: TemporalConnection,
    @Inject(RunsService) runs: RunsService,
    @Inject(ObjectStorage) storage: ObjectStorage,
    @Inject(OutboundDownloads) downloads: OutboundDownloads,
  ) {
    this.relay = new Relay(db, notifications, temporal, { taskQueue: GENERATION_QUEUE, eager: true });
    const media = new MediaFetcher(runs, storage, downloads, new MediaReader());
    this.worker = new TemporalWorker(temporal, async () => ({
      taskQueue: GENERATION_QUEUE,
      workflowBundle: await generateBundle(),
      activities: controlActivities(runs, storage, media),
      interceptors: { activity: [failuresByType, heartbeats] },
    }));
  }

  /** For health: whether it takes tasks. */
  check(): Promise<void> {
    return this.worker.check();
  }

  onApplicationBootstrap(): void {
    this.worker.start();
    this.relay.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop();
    await this.worker.stop();
    await this.temporal.close();
  }
}
