import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ChildLog } from '#infra/local/child-log';
import { identityOf, type ProcessIdentity } from '#infra/local/process-identity';

export interface ProcessSpec {
  /** Several processes may share a name; the key of `pids` in run.json. */
  name: string;
  /** Names this one process and its log file. */
  instance: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Runs as another user; only root may ask for it. */
  user?: { uid: number; gid: number };
  /** How it says that it serves: by the IPC message `{ ready: true }`, or when this probe no longer rejects. */
  ready: 'message' | (() => Promise<void>);
  /** Asks for an orderly end. */
  stopSignal: NodeJS.Signals;
  /** Sent when this process itself was killed and the reaper cleans up. */
  reapSignal: NodeJS.Signals;
  /** Errors in its output are also shown to the user. */
  echoErrors: boolean;
}

export interface SupervisorOptions {
  logFolder: string;
  /** Progress and restarts, one line each. */
  report(line: string): void;
}

const READY_LIMIT_MS = 60_000;
const PROBE_EVERY_MS = 50;
const STOP_GRACE_MS = 10_000;
/** For output that a dead process left in its pipe; something outside its group may hold the pipe open for longer. */
const OUTPUT_GRACE_MS = 1_000;
const FIRST_RESTART_DELAY_MS = 100;
const LONGEST_RESTART_DELAY_MS = 5_000;
/** A process that lived this long was well: its next restart is quick again. */
const WELL_AFTER_MS = 30_000;

/** Starts processes, restarts the dead, ends them in order; a reaper ends them when this process is killed. */
export class Supervisor extends EventEmitter<{ change: [] }> {
  private readonly children = new Map<string, Child>();
  private reaper: ChildProcess | undefined;
  private isStopping = false;

  constructor(private readonly options: SupervisorOptions) {
    super();
    this.startReaper();
  }

  /** Resolves once the process serves. Rejects, with the end of its log, when it ended before that or took over a minute. */
  async start(spec: ProcessSpec): Promise<void> {
    if (this.isStopping) throw new Error(`${spec.instance} is not started: everything is being ended`);
    if (this.children.has(spec.instance)) throw new Error(`${spec.instance} is running already`);
    const child = new Child(spec, this.options, {
      began: (pid) => this.tellReaper(`watch ${pid} ${spec.reapSignal}`),
      ended: (pid) => this.tellReaper(`forget ${pid}`),
      ready: () => this.emit('change'),
    });
    this.children.set(spec.instance, child);
    await child.start();
  }

  /** Ends every process of this name and does not restart it. */
  async halt(name: string): Promise<void> {
    await Promise.all(this.named(name).map((child) => child.stop()));
  }

  /** As `halt`, for good: another may be started under the name. */
  async dismiss(name: string): Promise<void> {
    await this.halt(name);
    for (const { spec } of this.named(name)) this.children.delete(spec.instance);
  }

  /** Starts again what `halt` ended. Resolves once all of this name serve. */
  async resume(name: string): Promise<void> {
    await Promise.all(this.named(name).map((child) => child.start()));
  }

  async restart(name: string): Promise<void> {
    await this.halt(name);
    await this.resume(name);
  }

  pidsOf(name: string): number[] {
    return this.pids()[name] ?? [];
  }

  /** Living processes by name, in the order of their start. */
  pids(): Record<string, number[]> {
    const living = [...this.children.values()].filter(({ pid }) => pid !== undefined);
    const byName = Map.groupBy(living, ({ spec }) => spec.name);
    return Object.fromEntries([...byName].map(([name, children]) => [name, children.map(({ pid }) => pid as number)]));
  }

  /** While this one lives, processes of an earlier run may still be ending. */
  reaperIdentity(): ProcessIdentity {
    return identityOf(this.reaper?.pid ?? 0);
  }

  /** Ends all, the last started name first and processes of one name together. Never rejects. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const names = [...new Set([...this.children.values()].map(({ spec }) => spec.name))].reverse();
    for (const name of names) await this.halt(name);
    this.reaper?.stdin?.end();
  }

  private named(name: string): Child[] {
    return [...this.children.values()].filter(({ spec }) => spec.name === name);
  }

  private startReaper(): void {
    const file = import.meta.url.endsWith('.ts') ? './reaper.ts' : './reaper.js';
    // In a session of its own: the terminal's Ctrl-C and a kill of our whole group must not reach it.
    const reaper = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url))], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    reaper.unref();
    reaper.stdin.on('error', () => {}); // it was killed: `exit` follows
    reaper.on('exit', () => {
      if (this.isStopping) return;
      this.options.report('the reaper ended, starting another');
      this.startReaper();
      this.emit('change');
    });
    this.reaper = reaper;
    for (const { spec, pid } of this.children.values()) if (pid) this.tellReaper(`watch ${pid} ${spec.reapSignal}`);
  }

  private tellReaper(line: string): void {
    this.reaper?.stdin?.write(`${line}\n`);
  }
}

/** One process and its successors. */
class Child {
  private process: ChildProcess | undefined;
  private log: ChildLog | undefined;
  private isWanted = false;
  /** How often it was asked for: what was planned before a stop must not happen after the next start. */
  private starts = 0;
  private restartDelayMs = FIRST_RESTART_DELAY_MS;
  private exited: Promise<void> = Promise.resolve();

  constructor(
    readonly spec: ProcessSpec,
    private readonly options: SupervisorOptions,
    private readonly on: { began(pid: number): void; ended(pid: number): void; ready(): void },
  ) {}

  get pid(): number | undefined {
    return this.process?.pid;
  }

  async start(): Promise<void> {
    if (this.isWanted) return;
    this.isWanted = true;
    this.starts++;
    this.log ??= new ChildLog({
      path: join(this.options.logFolder, `${this.spec.instance}.log`),
      echo: this.spec.echoErrors ? (line) => this.options.report(`${this.spec.instance}: ${line}`) : undefined,
    });
    await this.serve().catch((error) => {
      this.isWanted = false;
      throw error;
    });
  }

  async stop(): Promise<void> {
    this.isWanted = false;
    const running = this.process;
    if (!running) return;
    this.signal(running, this.spec.stopSignal);
    const killed = setTimeout(() => this.signal(running, 'SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(killed);
  }

  /** One life, up to the moment it serves. */
  private async serve(): Promise<void> {
    const { command, args, env, cwd, user, ready } = this.spec;
    const child = spawn(command, args, {
      env,
      cwd,
      ...user,
      detached: true, // a group of its own: the terminal's Ctrl-C reaches only us, and we end all in order
      stdio: ready === 'message' ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    const startedAt = Date.now();
    const life = new AbortController();
    this.exited = new Promise((resolve) => {
      const end = (how: string) => {
        if (life.signal.aborted) return;
        life.abort(new Error(`${this.spec.instance} ended ${how}${this.lastWords()}`));
        if (child.pid) this.on.ended(child.pid);
        this.process = undefined;
        resolve();
      };
      child.on('error', (error) => end(`before it began: ${error.message}`));
      child.on('exit', (code, signal) => {
        this.signal(child, 'SIGKILL'); // whatever it left in its group
        const how = signal ? `by ${signal}` : `with code ${code}`;
        child.on('close', () => end(how)); // its last output has been read
        setTimeout(() => end(how), OUTPUT_GRACE_MS).unref();
      });
    });
    if (child.pid) {
      this.process = child;
      this.on.began(child.pid);
    }
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => this.log?.write(chunk));

    await this.untilReady(child, life.signal);
    this.on.ready();
    void this.exited.then(() => this.onUnexpectedEnd(startedAt, life.signal.reason as Error));
  }

  private async untilReady(child: ChildProcess, life: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(READY_LIMIT_MS);
    const either = AbortSignal.any([life, limit]);
    const reached = this.spec.ready === 'message' ? readyMessage(child) : this.probed(this.spec.ready, either);
    try {
      await Promise.race([reached, aborted(either)]);
    } catch (error) {
      if (life.aborted) throw life.reason;
      this.signal(child, 'SIGKILL');
      await this.exited;
      throw limit.aborted ? new Error(`${this.spec.instance} did not serve within ${READY_LIMIT_MS / 1000} s${this.lastWords()}`) : error;
    }
  }

  private async probed(probe: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await probe();
      } catch {
        await delay(PROBE_EVERY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  private async onUnexpectedEnd(startedAt: number, reason: Error): Promise<void> {
    const { starts } = this;
    const isWanted = () => this.isWanted && this.starts === starts;
    let lastStartAt = startedAt;
    let message = reason.message.split('\n')[0];
    while (isWanted()) {
      if (Date.now() - lastStartAt > WELL_AFTER_MS) this.restartDelayMs = FIRST_RESTART_DELAY_MS;
      this.options.report(`${message}; starting it again in ${this.restartDelayMs} ms`);
      await delay(this.restartDelayMs);
      this.restartDelayMs = Math.min(this.restartDelayMs * 2, LONGEST_RESTART_DELAY_MS);
      if (!isWanted()) return;
      lastStartAt = Date.now();
      try {
        return await this.serve();
      } catch (error) {
        message = (error as Error).message.split('\n')[0];
      }
    }
  }

  private lastWords(): string {
    const tail = this.log?.tail();
    return tail ? `\nThe end of its log:\n${tail}` : '';
  }

  private signal(child: ChildProcess, signal: NodeJS.Signals): void {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // The whole group is gone.
    }
  }
}

function readyMessage(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if ((message as { ready?: boolean } | null)?.ready) resolve();
    });
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
