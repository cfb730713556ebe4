import { Leadership } from '#features/scheduling/leadership';
import { ELECTION_EVERY_MS, LEADER_LIMIT_MS, LEADER_MARGIN_MS, RENEW_EVERY_MS } from '#features/scheduling/limits';
import type { HotPool } from '#platform/database/hot-pool';
import type { Notifications } from '#platform/database/notifications';
import { WakeLoop } from '#platform/outbox/wake-loop';

export interface Candidate {
  /** Unique to this process. */
  holder: string;
  /** Where agents reach this process. */
  url: string;
}

export interface ElectionListener {
  elected(leadership: Leadership): void;
  /** Another holds the epoch now. */
  deposed(): Promise<void>;
}

/**
 * Keeps one leader a pool class: a row that must be renewed, by the database's time. Not a session lock, which survives a stopped process
 * and dies unseen with a connection.
 */
export class LeaderElection {
  private readonly loop: WakeLoop;
  private leadership: Leadership | undefined;
  private renewedAtMs = 0;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly db: HotPool,
    private readonly notifications: Notifications,
    private readonly poolClass: string,
    private readonly candidate: Candidate,
    private readonly listener: ElectionListener,
  ) {
    this.loop = new WakeLoop({ name: `election ${poolClass}`, everyMs: ELECTION_EVERY_MS, run: () => this.renewOrTakeOver() });
  }

  start(): void {
    this.stopListening = this.notifications.on('halogen_leaders', () => this.loop.wake());
    this.loop.start();
  }

  /** Looks at once, for one who was told that it leads no more. */
  check(): void {
    this.renewedAtMs = 0;
    this.loop.wake();
  }

  /** Gives the leadership up, so that the standby need not wait for its end. */
  async resign(): Promise<void> {
    this.stopListening?.();
    await this.loop.stop();
    const { leadership } = this;
    if (!leadership) return;
    this.leadership = undefined;
    leadership.end();
    await this.db.query(
      `WITH resigned AS (
         UPDATE scheduler_leaders SET expires_at = clock_timestamp() WHERE pool_class = $1 AND epoch = $2 AND holder = $3 RETURNING 1
       )
       SELECT pg_notify('halogen_leaders', '') FROM resigned`,
      [this.poolClass, leadership.epoch, leadership.holder],
    );
  }

  private async renewOrTakeOver(): Promise<void> {
    if (!this.leadership) await this.takeOver();
    else if (performance.now() - this.renewedAtMs >= RENEW_EVERY_MS - ELECTION_EVERY_MS / 2) await this.renew(this.leadership);
  }

  private async renew(leadership: Leadership): Promise<void> {
    const askedAtMs = performance.now();
    const renewed = await this.db.query(
      `UPDATE scheduler_leaders SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
        WHERE pool_class = $1 AND epoch = $2 AND holder = $3 RETURNING 1`,
      [this.poolClass, leadership.epoch, leadership.holder, LEADER_LIMIT_MS],
    );
    if (renewed.length > 0) {
      this.renewedAtMs = askedAtMs;
      leadership.extend(askedAtMs + LEADER_LIMIT_MS - LEADER_MARGIN_MS);
      return;
    }
    this.leadership = undefined;
    leadership.end();
    await this.listener.deposed();
  }

  private async takeOver(): Promise<void> {
    const askedAtMs = performance.now();
    const [taken] = await this.db.query<{ epoch: string }>(
      `UPDATE scheduler_leaders SET epoch = epoch + 1, holder = $2, url = $3, expires_at = clock_timestamp() + $4 * interval '1 millisecond'
        WHERE pool_class = $1 AND expires_at <= clock_timestamp() RETURNING epoch`,
      [this.poolClass, this.candidate.holder, this.candidate.url, LEADER_LIMIT_MS],
    );
    if (!taken) return;
    this.leadership = new Leadership(this.poolClass, taken.epoch, this.candidate.holder);
    this.leadership.extend(askedAtMs + LEADER_LIMIT_MS - LEADER_MARGIN_MS);
    this.renewedAtMs = askedAtMs;
    this.listener.elected(this.leadership);
  }
}
