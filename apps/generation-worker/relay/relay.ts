import { Logger } from '@nestjs/common';
import { AdmittedRuns, type RunToStart } from '#apps/generation-worker/relay/admitted-runs';
import { type StartRunOptions, startRun } from '#apps/generation-worker/relay/start-run';
import type { HotPool } from '#platform/database/hot-pool';
import type { Notifications } from '#platform/database/notifications';
import type { TemporalConnection } from '#platform/temporal/temporal-connection';

const SWEEP_EVERY_MS = 1_000;
/** Temporal takes the starts of a batch at once: few enough that each is answered in time. */
const BATCH_RUNS = 10;
const MAX_RETRY_DELAY_MS = 2_000;

/**
 * Starts a workflow run for each admitted lease. The outbox row is deleted only after Temporal has the run; a crash in between leads
 * to a second start, which Temporal refuses. While Temporal is away the rows wait in Postgres.
 */
export class Relay {
  private readonly logger = new Logger(Relay.name);
  private readonly admitted: AdmittedRuns;
  private stopListening: (() => void) | undefined;
  private sweep: NodeJS.Timeout | undefined;
  private draining: Promise<void> | undefined;
  private wokenAgain = false;
  private stopped = false;

  constructor(
    db: HotPool,
    private readonly notifications: Notifications,
    private readonly temporal: TemporalConnection,
    private readonly options: StartRunOptions,
  ) {
    this.admitted = new AdmittedRuns(db);
  }

  start(): void {
    this.stopListening = this.notifications.on('halogen_workflow', () => this.wake());
    this.sweep = setInterval(() => this.wake(), SWEEP_EVERY_MS);
    this.temporal.ready().then(
      () => this.wake(),
      () => {},
    );
  }

  /** Ends after the batch in hand. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.sweep);
    this.stopListening?.();
    await this.draining;
  }

  private wake(): void {
    this.wokenAgain = true;
    if (this.stopped) return;
    this.draining ??= this.drain().finally(() => {
      this.draining = undefined;
    });
  }

  private async drain(): Promise<void> {
    while (this.wokenAgain && !this.stopped && this.temporal.current()) {
      this.wokenAgain = false;
      try {
        const claimed = await this.relayBatch();
        if (claimed === BATCH_RUNS) this.wokenAgain = true;
      } catch (error) {
        this.logger.warn('The relay could not reach Postgres; the sweep tries again.', error);
      }
    }
  }

  private async relayBatch(): Promise<number> {
    const claims = await this.admitted.claim(BATCH_RUNS);
    if (claims.length === 0) return 0;
    const runs = await this.admitted.load(claims);
    const isLoaded = new Set(runs.map(({ outboxId }) => outboxId));
    const ended = claims.filter(({ outboxId }) => !isLoaded.has(outboxId));

    const errors = await Promise.all(runs.map((run) => this.errorOfStart(run)));
    const started = runs.filter((_, at) => errors[at] === undefined);
    const failed = runs.filter((_, at) => errors[at] !== undefined);
    if (started.length + ended.length > 0) await this.admitted.finish(started, ended);
    if (failed.length > 0) {
      this.logger.warn(`${failed.length} runs could not be started; they are tried again.`, errors.find(Boolean));
      await this.admitted.postpone(failed, retryDelayMs);
    }
    return claims.length;
  }

  private async errorOfStart(run: RunToStart): Promise<Error | undefined> {
    try {
      await startRun(this.temporal, run, this.options);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

function retryDelayMs(attempts: number): number {
  return Math.min(MAX_RETRY_DELAY_MS, 100 * 2 ** Math.min(attempts, 10));
}
