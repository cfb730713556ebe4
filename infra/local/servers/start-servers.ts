import { mkdir } from 'node:fs/promises';
import { cacheFolder } from '#infra/local/cache-folder';
import { startPostgres } from '#infra/local/servers/postgres';
import type { ServerOptions } from '#infra/local/servers/running-server';
import { startTemporal } from '#infra/local/servers/temporal';
import { startValkey } from '#infra/local/servers/valkey';

export interface ServerAddresses {
  /** `postgres://…` of an owner that may create roles. */
  databaseUrl: string;
  redisUrl: string;
  /** `host:port` */
  temporalAddress: string;
}

/** Postgres, Redis and Temporal at the same time. Rejects with the first failure, once none of them is still starting. */
export async function startServers(options: Omit<ServerOptions, 'cacheDir'>): Promise<ServerAddresses> {
  const cacheDir = cacheFolder();
  await mkdir(cacheDir, { recursive: true });
  const all = { ...options, cacheDir };
  const [postgres, redis, temporal] = await Promise.allSettled([startPostgres(all), startValkey(all), startTemporal(all)]);
  return { databaseUrl: address(postgres), redisUrl: address(redis), temporalAddress: address(temporal) };
}

function address(outcome: PromiseSettledResult<{ address: string }>): string {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value.address;
}
