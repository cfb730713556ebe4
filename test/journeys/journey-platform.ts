import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import LumaAI from 'lumaai';
import { type LedgerDifference, ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { type Platform, startPlatform } from '#infra/local/platform';
import type { KeyName } from '#infra/local/secrets';
import { removePostgresData } from '#infra/local/servers/postgres';
import { HotPool } from '#platform/database/hot-pool';
import { CallbackReceiver } from '#testing/callback-receiver';

export interface TransferLine {
  code: string;
  debit: string;
  credit: string;
  amountCredits: string;
}

/** Everything running, as `npm start` runs it, in a home that is thrown away. */
export class JourneyPlatform {
  private constructor(
    readonly platform: Platform,
    /** As the owner, to look and to prove; never to change what a journey is about. */
    readonly database: HotPool,
    readonly receiver: CallbackReceiver,
    readonly homeDir: string,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<JourneyPlatform> {
    const homeDir = await mkdtemp(path.join(tmpdir(), 'halogen-journey-'));
    const platform = await startPlatform({ homeDir, env, quiet: true });
    const database = new HotPool({ url: platform.run.postgres, applicationName: 'journey', maxConnections: 4 });
    return new JourneyPlatform(platform, database, await CallbackReceiver.start(), homeDir);
  }

  async stop(): Promise<void> {
    await this.receiver.close();
    await this.database.close();
    await this.platform.stop();
    await removePostgresData(this.homeDir);
    await rm(this.homeDir, { recursive: true, force: true });
  }

  /** The published client, with nothing changed but its base URL. */
  client(key: KeyName = 'demo', options: { maxRetries?: number } = {}): LumaAI {
    return new LumaAI({ authToken: this.platform.run.keys[key], baseURL: `${this.platform.run.api}/dream-machine/v1`, ...options });
  }

  /** A request with the demo key, for what the published client cannot ask. */
  fetch(route: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.platform.run.keys.demo}`, ...(init.headers as Record<string, string>) };
    return fetch(`${this.platform.run.api}${route}`, { ...init, headers });
  }

  async untilFinal(id: string, client = this.client()): Promise<LumaAI.Generation> {
    return until(async () => {
      const generation = await client.generations.get(id);
      return generation.state === 'completed' || generation.state === 'failed' ? generation : undefined;
    });
  }

  /** Waits until Postgres says that the generation is in one of these states. */
  async untilState(id: string, ...states: string[]): Promise<void> {
    await until(async () => {
      const [row] = await this.database.query<{ state: string }>('SELECT state FROM generations WHERE id = $1', [id]);
      return row && states.includes(row.state) ? row : undefined;
    });
  }

  async transfersOf(id: string): Promise<TransferLine[]> {
    const response = await this.fetch(`/api/v1/ledger/transfers?generation=${id}`);
    return ((await response.json()) as { transfers: TransferLine[] }).transfers;
  }

  /** All that the processes have logged so far. */
  async logs(): Promise<string> {
    const folder = path.join(this.homeDir, 'logs');
    const texts = await Promise.all((await readdir(folder)).map((file) => readFile(path.join(folder, file), 'utf8')));
    return texts.join('\n');
  }

  ledgerDifferences(): Promise<LedgerDifference[]> {
    return ledgerDifferences(this.database);
  }
}

/** Asks again until there is an answer; what asks may fail while something is away. A journey that hangs is ended by its own time limit. */
export async function until<T>(ask: () => Promise<T | undefined>, everyMs = 100): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await sleep(everyMs);
  }
}
