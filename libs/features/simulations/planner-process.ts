import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import type { SizedUnits, SizingQuestion } from '#core/simulation/size-units';
import type { ReplayedLoad, WhatIfFigures } from '#core/simulation/what-if';
import { MAX_RUNNING_SIMULATIONS, MAX_WAITING_SIMULATIONS } from '#features/simulations/limits';

export type SimulationOrder = { kind: 'size'; question: SizingQuestion } | { kind: 'replay'; load: ReplayedLoad };
export type FromPlannerChild = { endedJobs: number } | { result: SizedUnits | WhatIfFigures };

/** More wait than will have their turn soon. */
export class TooManySimulations extends Error {
  override readonly name = 'TooManySimulations';
}

/** It took longer than it may, or more memory. */
export class SimulationEnded extends Error {
  override readonly name = 'SimulationEnded';
}

const SIZE_LIMIT_MS = 30_000;
const REPLAY_LIMIT_MS = 300_000;
const MAX_HEAP_MB = 1_024;

/** The child's script beside this file: compiled, or in tests the source itself, whose types Node takes away. */
const SCRIPT = import.meta.url.endsWith('.ts')
  ? {
      path: fileURLToPath(new URL('./planner-child.ts', import.meta.url)),
      nodeArguments: ['--conditions=halogen-source', '--experimental-transform-types', '--disable-warning=ExperimentalWarning'],
    }
  : { path: fileURLToPath(new URL('./planner-child.js', import.meta.url)), nodeArguments: [] };

/** Runs the planner over a load in a process of its own, one at a time. */
@Injectable()
export class PlannerProcess {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws TooManySimulations, SimulationEnded */
  size(question: SizingQuestion): Promise<SizedUnits> {
    return this.inTurn(() => inChild<SizedUnits>({ kind: 'size', question }, SIZE_LIMIT_MS, () => {}));
  }

  /** @throws TooManySimulations, SimulationEnded */
  replay(load: ReplayedLoad, onProgress: (endedJobs: number) => void): Promise<WhatIfFigures> {
    return this.inTurn(() => inChild<WhatIfFigures>({ kind: 'replay', load }, REPLAY_LIMIT_MS, onProgress));
  }

  private async inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.running >= MAX_RUNNING_SIMULATIONS) {
      if (this.waiting.length >= MAX_WAITING_SIMULATIONS) throw new TooManySimulations('too many simulations wait');
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running += 1;
    try {
      return await run();
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }
}

function inChild<T extends SizedUnits | WhatIfFigures>(
  order: SimulationOrder,
  limitMs: number,
  onProgress: (endedJobs: number) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT.path, {
      execArgv: [...SCRIPT.nodeArguments, `--max-old-space-size=${MAX_HEAP_MB}`],
      env: {}, // it computes, and needs nothing that a process of ours knows
      serialization: 'advanced', // loads have maps
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.on('message', (message: FromPlannerChild) => {
      if ('result' in message) resolve(message.result as T);
      else onProgress(message.endedJobs);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(limit);
      reject(new SimulationEnded(`it ended with ${signal ?? code}`)); // nothing, after an answer
    });
    child.send(order, (error) => error && child.kill('SIGKILL'));
  });
}
