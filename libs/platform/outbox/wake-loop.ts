import { Logger } from '@nestjs/common';

export interface WakeLoopOptions {
  /** For the log. */
  name: string;
  /** The longest pause between two runs: nothing depends on being woken. */
  everyMs: number;
  /** May throw: the next run comes after `everyMs`. */
  run(): Promise<void>;
}

/** Runs a piece of work when woken and at least every so often, never twice at once. */
export class WakeLoop {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private wokenMeanwhile = false;
  private stopped = true;
  private failing = false;

  constructor(private readonly options: WakeLoopOptions) {
    this.logger = new Logger(options.name);
  }

  start(): void {
    this.stopped = false;
    this.wake();
  }

  /** Runs now, or once more after the run under way, which may have looked too early. */
  wake(): void {
    if (this.stopped) return;
    if (this.running) {
      this.wokenMeanwhile = true;
      return;
    }
    clearTimeout(this.timer);
    this.wokenMeanwhile = false;
    this.running = this.runOnce().finally(() => {
      this.running = undefined;
      if (this.stopped) return;
      // After a failure the next run waits, even if woken: what is away must not be hammered.
      if (this.wokenMeanwhile && !this.failing) this.wake();
      else this.timer = setTimeout(() => this.wake(), this.options.everyMs);
    });
  }

  /** Answers when the run under way, if any, has ended; no other begins. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Long work asks between its steps whether to go on. */
  get isStopped(): boolean {
    return this.stopped;
  }

  private async runOnce(): Promise<void> {
    try {
      await this.options.run();
      if (this.failing) this.logger.log('runs again');
      this.failing = false;
    } catch (error) {
      // Told once for a row of failures: while Postgres is away this comes every second.
      if (!this.failing) this.logger.error('failed, is tried again until it succeeds', error);
      this.failing = true;
    }
  }
}
