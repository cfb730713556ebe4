import { setTimeout as delay } from 'node:timers/promises';
import type { FromLaneChild, ToLaneChild } from '#apps/lane-agent/lane-child-messages';
import type { Backend, StageOrder } from '#backends/backend';
import { StageRefused } from '#backends/stage-refused';

const PROGRESS_EVERY_MS = 200;

/**
 * The life of a lane's child: runs stages one after the other, so that the model stays resident, until the channel to the agent closes.
 * This file and what it imports is run from source in tests: TypeScript that Node can strip, so no parameter properties and no enums.
 */
export function serveLane(backend: Backend): void {
  // Ctrl-C reaches the whole process group; when a lane ends is the agent's decision.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit(0));
  if (!process.connected) process.exit(0);

  let running: { stopper: AbortController; ended: Promise<void> } | undefined;
  process.on('message', async (message: ToLaneChild) => {
    if (message.type === 'run') {
      const stopper = new AbortController();
      running = { stopper, ended: runStage(backend, message, stopper.signal) };
      return;
    }
    running?.stopper.abort(new Error('stopped'));
    await running?.ended;
    tell({ type: 'stopped' });
  });
  tell({ type: 'ready', backend: backend.name });
}

async function runStage(backend: Backend, { order, workDir }: { order: StageOrder; workDir: string }, signal: AbortSignal): Promise<void> {
  const startedMs = performance.now();
  let fraction = 0;
  const over = new AbortController();
  tell({ type: 'running' });
  void tellProgress(() => fraction, over.signal);
  try {
    const result = await backend.runStage(order, {
      workDir,
      signal,
      progress: (reached) => {
        fraction = Math.min(1, reached);
      },
    });
    if (!signal.aborted) tell({ type: 'done', result, ranMs: performance.now() - startedMs });
  } catch (error) {
    if (!signal.aborted) tell({ type: 'failed', refused: error instanceof StageRefused, message: messageOf(error) });
  } finally {
    over.abort();
  }
}

async function tellProgress(fraction: () => number, over: AbortSignal): Promise<void> {
  let told = 0;
  while (await delay(PROGRESS_EVERY_MS, true, { signal: over }).catch(() => false)) {
    if (fraction() <= told) continue;
    told = fraction();
    tell({ type: 'progress', fraction: told });
  }
}

/** Only refusals are written for others to read. Any other message may quote the prompt, so its kind and place have to do. */
function messageOf(error: unknown): string {
  if (error instanceof StageRefused) return error.message;
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, 3).map((frame) => frame.trim())].join(' ');
}

/** A channel that has closed ends this process by itself. */
function tell(message: FromLaneChild): void {
  process.send?.(message, () => undefined);
}
