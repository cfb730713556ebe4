import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import type { BenchContext } from '#bench/bench';
import { type Platform, startPlatform } from '#infra/local/platform';
import { removePostgresData } from '#infra/local/servers/postgres';
import { HotPool } from '#platform/database/hot-pool';

const POOL_CLASS = 'halo-1';
const LOOK_EVERY_MS = 20;
/** Of submits, so that the API has groups to form. */
const CONNECTIONS = 16;
const REQUEST = JSON.stringify({
  generation_type: 'image',
  model: 'photon-1',
  prompt: 'a paper boat on a storm drain, late evening light',
});

/** All of Halogen as `npm start` runs it, with instant media, in a home that is thrown away. */
export class WholePlatform implements AsyncDisposable {
  private readonly api: Pool;

  private constructor(
    private readonly platform: Platform,
    private readonly homeDir: string,
    /** As the owner: to look, and to pause. */
    readonly database: HotPool,
  ) {
    this.api = new Pool(platform.run.api, { connections: CONNECTIONS, pipelining: 1 });
  }

  static async start({ homeDir, report }: Pick<BenchContext, 'homeDir' | 'report'>): Promise<WholePlatform> {
    report('starting the whole platform');
    const home = join(homeDir, 'platform');
    const platform = await startPlatform({ homeDir: home, env: { HALOGEN_REFERENCE_MODE: 'instant' }, quiet: true });
    const database = new HotPool({ url: platform.run.postgres, applicationName: 'halogen-bench', maxConnections: 2 });
    return new WholePlatform(platform, home, database);
  }

  get temporalAddress(): string {
    return this.platform.run.temporal;
  }

  /** Of our processes and of the servers, by name. */
  get pids(): Readonly<Record<string, number[]>> {
    return this.platform.run.pids;
  }

  /** Asks for one image. */
  async submit(): Promise<void> {
    const { statusCode, body } = await this.api.request({
      method: 'POST',
      path: '/dream-machine/v1/generations/image',
      headers: { authorization: `Bearer ${this.platform.run.keys.demo}`, 'content-type': 'application/json' },
      body: REQUEST,
    });
    const text = await body.text();
    if (statusCode !== 201) throw new Error(`a create was answered ${statusCode}: ${text.slice(0, 300)}`);
  }

  async count(state: 'queued' | 'completed'): Promise<number> {
    const [row] = await this.database.query<{ count: number }>('SELECT count(*)::int AS count FROM generations WHERE state = $1', [state]);
    return row?.count ?? 0;
  }

  async untilCompleted(count: number): Promise<void> {
    while ((await this.count('completed')) < count) await pause(LOOK_EVERY_MS);
  }

  /** An operator's pause of the pool class; answers when all of its lanes are idle. */
  async setPaused(isPaused: boolean): Promise<void> {
    await this.database.query(
      isPaused
        ? `INSERT INTO pool_pauses (pool_class, reason) VALUES ('${POOL_CLASS}', 'between rounds')`
        : `DELETE FROM pool_pauses WHERE pool_class = '${POOL_CLASS}'`,
    );
    await this.database.query('NOTIFY halogen_scheduler');
    for (let idle = 0; isPaused && idle < 20; await pause(LOOK_EVERY_MS)) {
      const [row] = await this.database.query<{ busy: number }>('SELECT count(*)::int AS busy FROM lane_occupancies');
      idle = row?.busy === 0 ? idle + 1 : 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await this.database.close();
    await this.platform.stop();
    await removePostgresData(this.homeDir);
  }
}
