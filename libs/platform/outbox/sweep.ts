import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { WakeLoop, type WakeLoopOptions } from '#platform/outbox/wake-loop';

/** Work that a process looks for again and again from its start to its end: what is due, overdue, or was left behind. */
export abstract class Sweep implements OnApplicationBootstrap, OnModuleDestroy {
  /** The process ends: long work asks between its steps. Unlike the loop's own state this is false in a sweep that nobody started a loop for. */
  protected isStopping = false;
  private readonly loop: WakeLoop;

  protected constructor(options: Omit<WakeLoopOptions, 'run'>) {
    this.loop = new WakeLoop({ ...options, run: async () => void (await this.sweep()) });
  }

  /** Does all that is due now. May throw: it is tried again. */
  abstract sweep(): Promise<unknown>;

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  /** Answers when the sweep under way has ended. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    await this.loop.stop();
  }

  /** Sweeps once more at once, for one that left something over. */
  protected sweepAgain(): void {
    this.loop.wake();
  }
}
