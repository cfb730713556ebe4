import { type BackendChoice, type ChildRun, LaneChildProcess, type StageProgress } from '#apps/lane-agent/lane-child-process';
import type { StageOrder } from '#backends/backend';

export interface LanePoolSettings extends BackendChoice {
  /** In their order on the node. */
  laneIds: readonly string[];
  /** Resident in each child from its start. */
  models: readonly string[];
  /** How long a child may take to stop by itself. */
  graceMs: number;
}

/** Another stage still holds a lane of the order. It may be free at the next attempt. */
export class LaneBusy extends Error {
  override readonly name = 'LaneBusy';
}

/** The order names a lane that this node does not have. */
export class NoSuchLane extends Error {
  override readonly name = 'NoSuchLane';
}

interface Lane {
  laneId: string;
  busy: boolean;
  child: LaneChildProcess;
  residentModels: Set<string>;
}

/** The lanes of this node, each with a child process that is kept warm, so that its model stays resident between stages. */
export class LanePool {
  private readonly lanes: ReadonlyMap<string, Lane>;
  private closed = false;

  constructor(private readonly settings: LanePoolSettings) {
    this.lanes = new Map(settings.laneIds.map((laneId) => [laneId, this.openLane(laneId)]));
  }

  get laneIds(): string[] {
    return [...this.lanes.keys()];
  }

  residentModels(): string[] {
    return [...new Set([...this.lanes.values()].flatMap(({ residentModels }) => [...residentModels]))];
  }

  /** Process ids of the lanes' children, in the order of the lanes. */
  childPids(): (number | undefined)[] {
    return [...this.lanes.values()].map(({ child }) => child.pid);
  }

  /**
   * Runs a stage in the child of the first lane; the others of a gang are held as long. Once `signal` is aborted, the child is stopped, and
   * this rejects when it has stopped or is dead: the lanes are free then. Rejects with LaneBusy, NoSuchLane, or what the child's run rejects with.
   */
  async runStage(
    laneIds: readonly string[],
    order: StageOrder,
    workDir: string,
    progress: StageProgress,
    signal: AbortSignal,
  ): Promise<ChildRun> {
    signal.throwIfAborted();
    const claimed = this.claim(laneIds);
    try {
      return await this.runIn(claimed[0], order, workDir, progress, signal);
    } finally {
      for (const lane of claimed) lane.busy = false;
    }
  }

  /** Resolves when no child that ran a stage is alive any more. Idle children hold nobody's work and keep their models. */
  async killRunning(): Promise<void> {
    const running = [...this.lanes.values()].filter(({ busy }) => busy);
    await Promise.all(running.map(({ child }) => child.kill()));
  }

  /** Kills every child; for the end of the process. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.lanes.values()].map(({ child }) => child.kill()));
  }

  private claim(laneIds: readonly string[]): [Lane, ...Lane[]] {
    const lanes = laneIds.map((laneId) => this.lanes.get(laneId) ?? raise(new NoSuchLane(`this node has no lane ${laneId}`)));
    const [first, ...others] = lanes;
    if (!first) throw new NoSuchLane('the order names no lane');
    const busy = lanes.find((lane) => lane.busy);
    if (busy) throw new LaneBusy(`lane ${busy.laneId} still runs another stage`);
    for (const lane of lanes) lane.busy = true;
    return [first, ...others];
  }

  private async runIn(lane: Lane, order: StageOrder, workDir: string, progress: StageProgress, signal: AbortSignal): Promise<ChildRun> {
    if (!lane.child.isAlive) this.renew(lane);
    const { child } = lane;
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped = child.stop(this.settings.graceMs);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const run = await child.runStage(order, workDir, progress);
      lane.residentModels.add(order.model);
      return run;
    } finally {
      signal.removeEventListener('abort', stop);
      await stopped;
    }
  }

  private openLane(laneId: string): Lane {
    const lane = { laneId, busy: false, child: this.fork(laneId), residentModels: new Set(this.settings.models) };
    this.renewWhenGone(lane);
    return lane;
  }

  private renew(lane: Lane): void {
    lane.child = this.fork(lane.laneId);
    lane.residentModels = new Set(this.settings.models);
    this.renewWhenGone(lane);
  }

  /** At once, so that the model is there when work comes; a child that never became ready waits for the next stage instead. */
  private renewWhenGone(lane: Lane): void {
    const { child } = lane;
    void child.exited.then(() => {
      if (!this.closed && lane.child === child && child.wasReady) this.renew(lane);
    });
  }

  private fork(laneId: string): LaneChildProcess {
    return new LaneChildProcess(laneId, this.settings);
  }
}

function raise(error: Error): never {
  throw error;
}
