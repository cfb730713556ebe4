import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removePostgresData } from '#infra/local/servers/postgres';
import { Supervisor } from '#infra/local/supervisor';
import { whenAskedToEnd } from '#infra/local/when-asked-to-end';

export interface BenchHome {
  /** A folder that is removed afterwards. */
  homeDir: string;
  /** Ends what was started, however it ends. */
  supervisor: Supervisor;
}

const askedToEnd = whenAskedToEnd();

/** Does what needs servers and processes of its own, and leaves nothing behind. */
export async function inBenchHome<T>(report: (line: string) => void, work: (home: BenchHome) => Promise<T>): Promise<T> {
  const homeDir = await mkdtemp(join(tmpdir(), 'halogen-bench-'));
  const supervisor = new Supervisor({ logFolder: join(homeDir, 'logs'), report });
  try {
    const ended = askedToEnd.then((why) => Promise.reject(new Error(`ended by ${why}`)));
    const working = work({ homeDir, supervisor });
    working.catch(() => {}); // once the end was asked for, its servers go away under it
    return await Promise.race([working, ended]);
  } finally {
    await supervisor.stop();
    await removePostgresData(homeDir);
    await rm(homeDir, { recursive: true, force: true });
  }
}
