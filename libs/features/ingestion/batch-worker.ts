import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UPLOAD_KEPT_HOURS } from '#core/ingestion/limits';
import { recordEvents } from '#features/events/events.service';
import { type ClaimedBatch, claimBatch, keepClaim, releaseClaim } from '#features/ingestion/claim';
import { BatchMoved } from '#features/ingestion/commit-chunk';
import { makeContactSheets } from '#features/ingestion/contact-sheets';
import { fetchSource } from '#features/ingestion/fetch-source';
import { loadBatch } from '#features/ingestion/load-batch';
import { doRowWork } from '#features/ingestion/row-work';
import { batchMedia } from '#features/understanding/batch-media.service';
import { HotPool } from '#platform/database/hot-pool';
import { LoaderPool } from '#platform/database/loader-pool';
import { Notifications } from '#platform/database/notifications';
import { OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import { WakeLoop } from '#platform/outbox/wake-loop';
import { ObjectStorage } from '#platform/storage/object-storage';
import { SignedUrls } from '#platform/storage/signed-urls';

const LOOK_EVERY_MS = 1_000;
/** Batches of this process at once: a small one does not wait for a large one to end. */
export const MAX_BATCHES_AT_ONCE = 3;
const KEEP_CLAIM_EVERY_MS = 3_000;
/** A batch that failed so often without a step forward is given up. */
const MAX_ATTEMPTS = 10;

/** Loads batches and does to their rows what was asked, and ends those whose rows have all ended. */
@Injectable()
export class BatchWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('batches');
  private readonly loop = new WakeLoop({ name: 'batches', everyMs: LOOK_EVERY_MS, run: () => this.look() });
  private readonly working = new Set<Promise<void>>();
  private readonly mediaOf = (tenantId: string) => batchMedia(this.control, this.urls, tenantId);
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(HotPool) readonly control: HotPool,
    @Inject(LoaderPool) readonly loader: LoaderPool,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    @Inject(Notifications) private readonly notifications: Notifications,
    @Inject(OutboundDownloads) private readonly downloads: OutboundDownloads,
    @Inject(SignedUrls) private readonly urls: SignedUrls,
  ) {}

  onApplicationBootstrap(): void {
    this.stopListening = this.notifications.on('halogen_batch', () => this.loop.wake());
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopListening?.();
    await this.loop.stop();
    await Promise.all(this.working);
  }

  private async look(): Promise<void> {
    while (!this.loop.isStopped && this.working.size < MAX_BATCHES_AT_ONCE) {
      const batch = await claimBatch(this.control);
      if (!batch) break;
      const work = this.work(batch).finally(() => {
        this.working.delete(work);
        this.loop.wake();
      });
      this.working.add(work);
    }
    await this.endBatches();
    await this.giveUpUploads();
  }

  private async work(batch: ClaimedBatch): Promise<void> {
    if (batch.attempts > MAX_ATTEMPTS) return batch.work === 'sheets' ? this.leaveSheets(batch) : this.giveUp(batch);
    let isHeldBack = false;
    const keep = async () => {
      isHeldBack = await keepClaim(this.control, batch);
    };
    const keeping = setInterval(() => keep().catch(() => {}), KEEP_CLAIM_EVERY_MS);
    const isStopped = () => this.loop.isStopped || isHeldBack;
    try {
      if (batch.work === 'load') await loadBatch({ pool: this.loader, storage: this.storage, mediaOf: this.mediaOf, isStopped }, batch);
      else if (batch.work === 'fetch') {
        const { control, storage, downloads } = this;
        // Left claimed until it is worth another try.
        if ((await fetchSource({ control, storage, downloads, isStopped }, batch)) === 'later') return;
      } else if (batch.work === 'sheets') await makeContactSheets(this.control, this.storage, batch, isStopped);
      else await doRowWork(this, batch, batch.work, isStopped);
      await releaseClaim(this.control, batch);
    } catch (error) {
      if (error instanceof BatchMoved) await releaseClaim(this.control, batch).catch(() => {});
      // Left claimed, so that the next try waits until the claim has run out.
      else this.logger.error('a batch could not be worked on, it is tried again', { batchId: batch.id, work: batch.work }, error);
    } finally {
      clearInterval(keeping);
    }
  }

  private async giveUp({ tenantId, id, work }: ClaimedBatch): Promise<void> {
    this.logger.error('a batch is given up', { batchId: id, work });
    await this.control.transaction('give up batch', [], async (tx) => {
      const failed = await tx.query(
        `UPDATE batches SET state = 'failed', state_reason = 'internal', work = NULL, worker_until = NULL, source_url = NULL, finished_at = now()
          WHERE tenant_id = $1 AND id = $2 AND work = $3 RETURNING 1`,
        [tenantId, id, work],
      );
      if (failed.length > 0) await recordEvents(tx, [{ tenantId, type: 'batch.failed', data: { batchId: id, reason: 'internal' } }]);
    });
  }

  /** Without its sheets a batch is still whole. */
  private async leaveSheets({ tenantId, id }: ClaimedBatch): Promise<void> {
    this.logger.error('the contact sheets of a batch cannot be drawn', { batchId: id });
    await this.control.query(`UPDATE batches SET work = NULL, worker_until = NULL WHERE tenant_id = $1 AND id = $2 AND work = 'sheets'`, [
      tenantId,
      id,
    ]);
  }

  /** Of those whose API process died, or whose caller never came back. What was kept of them goes with the retention of batches. */
  private async giveUpUploads(): Promise<void> {
    await this.control.query(
      `UPDATE batches SET state = 'failed', state_reason = 'source_not_received', finished_at = now()
        WHERE state = 'receiving' AND work IS NULL AND created_at < now() - interval '${UPLOAD_KEPT_HOURS} hours'`,
    );
  }

  /** Where rows end nobody looks whether theirs was the last: that would be asked a million times. */
  private async endBatches(): Promise<void> {
    await this.control.transaction('end batches', [], async (tx) => {
      const ended = await tx.query<{
        tenant_id: string;
        id: string;
        completed: number;
        failed: number;
        cancelled: number;
        refused: number;
      }>(
        `UPDATE batches
            SET state = 'completed', finished_at = now(), work_row = 0, work_attempts = 0,
                work = CASE WHEN completed_rows > 0 THEN 'sheets' END
          WHERE finished_at IS NULL AND state = 'running' AND work IS NULL AND loaded_at IS NOT NULL
            AND completed_rows + failed_rows + cancelled_rows >= accepted_rows
         RETURNING tenant_id, id, completed_rows AS completed, failed_rows AS failed, cancelled_rows AS cancelled, refused_rows AS refused`,
      );
      await recordEvents(
        tx,
        ended.map(({ tenant_id, id, ...counts }) => ({ tenantId: tenant_id, type: 'batch.completed', data: { batchId: id, ...counts } })),
      );
    });
  }
}
