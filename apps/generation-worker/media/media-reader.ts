import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ForeignMedium, type ReadMedium, UnreadableMedium } from '#media/foreign/foreign-medium';

export type FromMediaChild = { result: ReadMedium } | { unreadable: string };

/** The child's script beside this file: compiled, or in tests the source itself, whose types Node strips. */
const SCRIPT = import.meta.url.endsWith('.ts')
  ? { path: fileURLToPath(new URL('./media-child.ts', import.meta.url)), nodeArguments: ['--conditions=halogen-source'] }
  : { path: fileURLToPath(new URL('./media-child.js', import.meta.url)), nodeArguments: [] };

/** Processes that decode at the same time, in one worker. */
const MAX_CHILDREN = 2;
const TIME_LIMIT_MS = 45_000;

/** Decodes customers' files, each in a process of its own that knows no secret, and is ended when it takes too long or too much. */
export class MediaReader {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws UnreadableMedium also when the child ended without an answer: a file that kills its decoder is not tried again */
  async read(medium: ForeignMedium): Promise<ReadMedium> {
    await this.begin();
    try {
      return await readInChild(medium);
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async begin(): Promise<void> {
    while (this.running >= MAX_CHILDREN) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
  }
}

function readInChild(medium: ForeignMedium): Promise<ReadMedium> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT.path, {
      execArgv: [...SCRIPT.nodeArguments, '--max-old-space-size=256'],
      env: {}, // no credentials, no proxy, nothing
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS);
    child.once('message', (message: FromMediaChild) => {
      if ('result' in message) resolve(message.result);
      else reject(new UnreadableMedium(message.unreadable));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(limit);
      reject(new UnreadableMedium(`its decoder ended with ${signal ?? code}`)); // nothing, after an answer
    });
    child.send(medium, (error) => error && child.kill('SIGKILL'));
  });
}
