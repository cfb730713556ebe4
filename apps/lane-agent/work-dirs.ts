import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of single stages, under one that belongs to this node alone. */
export class WorkDirs {
  private readonly root: string;

  constructor(agentDir: string, nodeId: string) {
    this.root = join(agentDir, encodeURIComponent(nodeId));
  }

  /** Removes what an agent that was killed left behind. */
  async prepare(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
    await mkdir(this.root, { recursive: true, mode: 0o700 });
  }

  /** Runs `work` in a fresh folder that is gone afterwards. */
  async within<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(this.root, 'stage-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
