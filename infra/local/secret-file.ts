import { readFile, rename, writeFile } from 'node:fs/promises';

/** Undefined when the file does not exist. */
export async function readSecretFile(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Readable by its owner only, and never half written. */
export async function writeSecretFile(path: string, content: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, path);
}
