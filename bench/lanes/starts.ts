import type { PlayedLease } from '#bench/lanes/lane-player';

/** Counts starts, and how long a free lane beside waiting work stayed free. */
export class Starts {
  count = 0;
  private idleMs = 0;
  private idleCounted = 0;
  private readonly freeSince = new Map<string, number>();

  started({ laneIds, readAtMs }: PlayedLease): void {
    this.count += 1;
    for (const laneId of laneIds) {
      const since = this.freeSince.get(laneId);
      if (since === undefined) continue;
      this.freeSince.delete(laneId);
      this.idleMs += readAtMs - since;
      this.idleCounted += 1;
    }
  }

  settled({ laneIds }: PlayedLease): void {
    const now = performance.now();
    for (const laneId of laneIds) this.freeSince.set(laneId, now);
  }

  /** From the answer of the settle that freed a lane until the next lease on it was read back from its outbox row: no shorter than it was. */
  get meanMs(): number {
    return this.idleMs / this.idleCounted;
  }

  reset(): void {
    this.freeSince.clear();
    this.count = 0;
    this.idleMs = 0;
    this.idleCounted = 0;
  }
}
