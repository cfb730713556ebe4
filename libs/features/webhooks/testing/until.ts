import { setTimeout as pause } from 'node:timers/promises';

const ASK_EVERY_MS = 20;
/** A loaded machine needs many times the second of a quiet one; a test's own limit is a minute. */
const LIMIT_MS = 50_000;

/** Asks until there is an answer. Rejects when there is none for 50 s. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(ASK_EVERY_MS, undefined, { signal });
  }
}
