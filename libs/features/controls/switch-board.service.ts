import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Beginning, type Switch, type SwitchedOff, switchThatStops } from '#core/controls/switches';
import { MAX_SWITCHES } from '#features/controls/limits';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { WakeLoop } from '#platform/outbox/wake-loop';

/** What a lost notification may cost. */
const LOOK_EVERY_MS = 2_000;

/** The switches as a submit meets them: in memory, so that asking costs nothing. While Postgres is away those known last hold. */
@Injectable()
export class SwitchBoard implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WakeLoop({ name: 'switches', everyMs: LOOK_EVERY_MS, run: () => this.look() });
  private submits: readonly Switch[] = [];
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(HotPool) private readonly db: HotPool,
    @Inject(Notifications) private readonly notifications: Notifications,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.stopListening = this.notifications.on('halogen_switches', () => this.loop.wake());
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopListening?.();
    await this.loop.stop();
  }

  /** Whether a new generation is refused now. */
  refusalOf(beginning: Beginning): SwitchedOff | undefined {
    return this.submits.length === 0 ? undefined : switchThatStops(this.submits, 'submits', beginning, new Date());
  }

  async look(): Promise<void> {
    this.submits = await this.db.query<Switch>(
      `SELECT id, stops, scope, subject, reason, set_at AS "setAt", ends_at AS "endsAt" FROM switches WHERE stops = 'submits' LIMIT ${MAX_SWITCHES}`,
    );
  }
}
