import type { Logger } from '@nestjs/common';

const SAME_AGAIN_AFTER_MS = 10_000;
const MAX_MESSAGES = 100;

/** Hears the errors of a queue or worker, which unheard would end the process. While Redis is away the same one comes many times a second. */
export function logErrors(source: { on(event: 'error', listener: (error: Error) => void): unknown }, logger: Logger): void {
  const loggedAtMs = new Map<string, number>();
  source.on('error', (error) => {
    const nowMs = performance.now();
    if (nowMs - (loggedAtMs.get(error.message) ?? Number.NEGATIVE_INFINITY) < SAME_AGAIN_AFTER_MS) return;
    if (loggedAtMs.size >= MAX_MESSAGES) loggedAtMs.clear();
    loggedAtMs.set(error.message, nowMs);
    logger.warn(error.message || 'error of the queue', error);
  });
}
