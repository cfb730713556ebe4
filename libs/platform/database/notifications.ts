import { EventEmitter } from 'node:events';
import pg from 'pg';

const RECONNECT_AFTER_MS = 500;

/**
 * Listens on channels of Postgres. A notification only wakes a reader early: each reader also sweeps on a timer, so a lost one costs
 * a moment and never a row. After a reconnect every channel is woken once, for what was missed.
 */
export class Notifications {
  private readonly emitter = new EventEmitter().setMaxListeners(100);
  private readonly channels = new Set<string>();
  private client: pg.Client | undefined;
  private closed = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly applicationName: string,
  ) {}

  /**
   * Calls `wake` for each notification on the channel, until the returned function is called.
   * @param wake gets the payload; none when it is woken for what may have been missed
   */
  on(channel: string, wake: (payload?: string) => void): () => void {
    if (!/^[a-z_]+$/.test(channel)) throw new TypeError(`not a channel: ${channel}`);
    this.emitter.on(channel, wake);
    if (!this.channels.has(channel)) {
      this.channels.add(channel);
      this.client?.query(`LISTEN ${channel}`).catch(() => {});
    }
    if (!this.client) this.connect();
    return () => this.emitter.off(channel, wake);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => {});
  }

  private connect(): void {
    const client = new pg.Client({ connectionString: this.url, application_name: this.applicationName, keepAlive: true });
    this.client = client;
    const lost = () => {
      if (this.client !== client || this.closed) return;
      this.client = undefined;
      client.removeAllListeners();
      client.on('error', () => {});
      client.end().catch(() => {});
      this.retry = setTimeout(() => this.connect(), RECONNECT_AFTER_MS);
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ channel, payload }) => this.emitter.emit(channel, payload));
    client
      .connect()
      .then(async () => {
        for (const channel of this.channels) await client.query(`LISTEN ${channel}`);
        for (const channel of this.channels) this.emitter.emit(channel);
      })
      .catch(lost);
  }
}
