import { type ChildProcess, fork } from 'node:child_process';
import type { FromLaneChild, ToLaneChild } from '#apps/lane-agent/lane-child-messages';
import { LANE_CHILD_SCRIPT } from '#apps/lane-agent/lane-child-script';
import type { StageOrder, StageResult } from '#backends/backend';

/** How each child is started. */
export interface BackendChoice {
  backend: string;
  /** Of the reference backend. */
  referenceMode: 'full' | 'instant';
}

export interface StageProgress {
  /** The stage's process runs on its lane. */
  began(): void;
  /** 0…1. */
  progressed(fraction: number): void;
}

export interface ChildRun {
  result: StageResult;
  /** Time inside the backend. */
  ranMs: number;
  backend: string;
}

/** The child ended without an answer: another attempt may succeed. */
export class LaneChildDied extends Error {
  override readonly name = 'LaneChildDied';
}

/** The backend threw. With `refused` no attempt can fulfil the order. The message has no prompt in it. */
export class StageThrew extends Error {
  override readonly name = 'StageThrew';
  constructor(
    message: string,
    readonly refused: boolean,
  ) {
    super(message);
  }
}

/** The run was stopped by `stop`. */
export class StageStopped extends Error {
  override readonly name = 'StageStopped';
}

/** One operating system process that runs the stages of one lane, and can be killed. */
export class LaneChildProcess {
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  private readonly child: ChildProcess;
  private readonly hasExited = Promise.withResolvers<void>();
  private backend: string | undefined;
  private alive = true;
  private run: { progress: StageProgress; ended: PromiseWithResolvers<ChildRun> } | undefined;
  private stopping: PromiseWithResolvers<void> | undefined;

  constructor(laneId: string, { backend, referenceMode }: BackendChoice) {
    this.exited = this.hasExited.promise;
    this.child = fork(LANE_CHILD_SCRIPT.path, [laneId, backend, referenceMode], {
      // Not the agent's own: its telemetry hook would make spans and exporters that nobody ends.
      execArgv: LANE_CHILD_SCRIPT.nodeArguments,
      env: withoutCredentials(process.env),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (message) => this.hear(message as FromLaneChild));
    this.child.once('exit', (code, signal) => this.died(`the lane's process ended with ${signal ?? code}`));
    this.child.on('error', (error) => {
      if (this.child.pid === undefined) this.died(`the lane's process did not start: ${error.message}`);
      else this.child.kill('SIGKILL');
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.alive;
  }

  /** It could run stages at least once; one that never could would fail again at once if started anew. */
  get wasReady(): boolean {
    return this.backend !== undefined;
  }

  /** Runs one stage; one at a time. Rejects with LaneChildDied, StageThrew or StageStopped. */
  async runStage(order: StageOrder, workDir: string, progress: StageProgress): Promise<ChildRun> {
    if (this.run) throw new Error('a lane runs one stage at a time');
    if (!this.alive) throw new LaneChildDied("the lane's process is gone");
    this.run = { progress, ended: Promise.withResolvers() };
    this.tell({ type: 'run', order, workDir });
    return this.run.ended.promise.finally(() => {
      this.run = undefined;
    });
  }

  /** Ends the run, if there is one. Resolves when the child has said so and keeps its model, or when it was killed after the grace time. */
  async stop(graceMs: number): Promise<void> {
    if (!this.alive) return;
    if (!this.stopping) {
      this.stopping = Promise.withResolvers();
      this.tell({ type: 'stop' });
    }
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await Promise.race([this.stopping.promise, this.exited]);
    clearTimeout(timer);
  }

  /** Resolves when the process is gone. */
  kill(): Promise<void> {
    if (this.alive) this.child.kill('SIGKILL');
    return this.exited;
  }

  private hear(message: FromLaneChild): void {
    if (message.type === 'ready') this.backend = message.backend;
    else if (message.type === 'stopped') this.stopped();
    else if (this.stopping)
      return; // too late: the stop was already asked for, and its answer decides
    else if (message.type === 'running') this.run?.progress.began();
    else if (message.type === 'progress') this.run?.progress.progressed(message.fraction);
    else if (message.type === 'done')
      this.run?.ended.resolve({ result: message.result, ranMs: message.ranMs, backend: this.backend ?? 'unknown' });
    else this.run?.ended.reject(new StageThrew(message.message, message.refused));
  }

  private stopped(): void {
    this.run?.ended.reject(new StageStopped('the stage was stopped'));
    this.stopping?.resolve();
    this.stopping = undefined;
  }

  private died(how: string): void {
    this.alive = false;
    this.run?.ended.reject(this.stopping ? new StageStopped(how) : new LaneChildDied(how));
    this.hasExited.resolve();
  }

  private tell(message: ToLaneChild): void {
    this.child.send(message, () => undefined); // a closed channel is followed by `exit`
  }
}

/** A backend decodes what customers sent: it gets none of the agent's own variables, among them its token. */
function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(HALOGEN|TEMPORAL|OTEL)_/.test(name)));
}
