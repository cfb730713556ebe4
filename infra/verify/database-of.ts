import { readFile } from 'node:fs/promises';
import { type RunJson, runFilePath } from '#infra/local/run-file';

export interface DatabaseOptions {
  database?: string;
  home?: string;
}

/** `--database URL`, DATABASE_URL, or what runs in a home, in this order. As the role that may look at all tenants, whoever logs in. */
export async function databaseOf({ database, home = '.halogen' }: DatabaseOptions): Promise<string> {
  const given = database ?? process.env.DATABASE_URL;
  const url = new URL(given ?? (await databaseOfHome(home)));
  // An owner under forced row-level security would see no rows, and find nothing wrong with them.
  url.searchParams.set('options', '-c role=halogen_control');
  return url.href;
}

async function databaseOfHome(home: string): Promise<string> {
  const path = runFilePath(home);
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`${path} is not there: does Halogen run? Give --home DIR, --database URL or DATABASE_URL`);
  });
  return (JSON.parse(text) as RunJson).postgres;
}
