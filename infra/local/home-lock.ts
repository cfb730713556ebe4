import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from '#infra/local/process-identity';

/** Longer than an orderly end takes, and than the reaper's grace. */
const END_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 50;

interface Holder {
  owner: ProcessIdentity;
  /** Still ends the owner's processes for a moment after the owner was killed. */
  reaper?: ProcessIdentity;
  /** The owner has been asked to end. */
  isEnding?: boolean;
}

export interface HomeLock {
  noteReaper(reaper: ProcessIdentity): void;
  /** From here on the next owner waits instead of being refused. */
  noteEnding(): void;
  release(): void;
}

/** One running Halogen per home. Rejects when another one runs; a lock whose owner is dead counts for nothing. */
export async function lockHome(homeDir: string, report: (line: string) => void): Promise<HomeLock> {
  const file = join(homeDir, 'lock');
  const holder: Holder = { owner: identityOf(process.pid) };
  while (!takeIfFree(file, holder)) {
    const other = holderOf(file);
    if (!other) continue;
    if (isAlive(other.owner) && !other.isEnding) {
      throw new Error(
        `Halogen is already running in ${homeDir} (process ${other.owner.pid}). Stop it, or choose another folder with --home`,
      );
    }
    await ended(other, report);
    rmSync(file, { force: true });
  }
  const note = (more: Partial<Holder>) => {
    const unfinished = `${file}.${process.pid}`;
    writeFileSync(unfinished, JSON.stringify(Object.assign(holder, more)), { mode: 0o600 });
    renameSync(unfinished, file);
  };
  return {
    noteReaper: (reaper) => note({ reaper }),
    noteEnding: () => note({ isEnding: true }),
    release: () => rmSync(file, { force: true }),
  };
}

/** By a link, so that the lock never exists without its content. */
function takeIfFree(file: string, holder: Holder): boolean {
  const candidate = `${file}.${process.pid}`;
  writeFileSync(candidate, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(candidate, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(candidate, { force: true });
  }
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError) rmSync(file, { force: true });
    return undefined;
  }
}

async function ended({ owner, reaper }: Holder, report: (line: string) => void): Promise<void> {
  const isThere = () => isAlive(owner) || (reaper !== undefined && isAlive(reaper));
  if (!isThere()) return;
  report('waiting for an earlier run to end');
  const limit = Date.now() + END_LIMIT_MS;
  while (isThere()) {
    if (Date.now() > limit) throw new Error(`processes of an earlier run do not end (see process ${reaper?.pid ?? owner.pid})`);
    await delay(LOOK_EVERY_MS);
  }
}
