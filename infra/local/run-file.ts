import { join } from 'node:path';
import { writeSecretFile } from '#infra/local/secret-file';
import type { KeyName, PersonName } from '#infra/local/secrets';

/** What others need to talk to a running home. Kept in `<home>/run.json`. */
export interface RunJson {
  /** Origin of the API. */
  api: string;
  /** `host:port` */
  temporal: string;
  /** Of the owner, who sees the rows of all tenants. */
  postgres: string;
  redis: string;
  /** WebSocket URLs for lane agents. */
  schedulers: string[];
  /** Base URL of the trace receiver. */
  otlp: string;
  /** Living processes by name. */
  pids: Record<string, number[]>;
  keys: Record<KeyName, string>;
  /** People who may sign in: POST `email` and `password` to `url`. */
  signIn: Record<PersonName, { url: string; email: string; password: string }>;
}

export function runFilePath(homeDir: string): string {
  return join(homeDir, 'run.json');
}

export async function writeRunFile(homeDir: string, run: RunJson): Promise<void> {
  await writeSecretFile(runFilePath(homeDir), `${JSON.stringify(run, null, 2)}\n`);
}
