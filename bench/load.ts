import { percentile } from '#bench/measurement';

export interface Load {
  calls: number;
  perSecond: number;
  p99Ms: number;
}

/** Keeps this many calls in flight for a while. A call that rejects fails the measurement. */
export async function loadFor(durationMs: number, inFlight: number, call: () => Promise<unknown>): Promise<Load> {
  const endAt = performance.now() + durationMs;
  return load(inFlight, call, () => performance.now() < endAt);
}

/** Makes this many calls, so many of them in flight at once. */
export async function loadOf(calls: number, inFlight: number, call: () => Promise<unknown>): Promise<Load> {
  let left = calls;
  return load(inFlight, call, () => left-- > 0);
}

async function load(inFlight: number, call: () => Promise<unknown>, isWanted: () => boolean): Promise<Load> {
  const tookMs: number[] = [];
  const client = async () => {
    while (isWanted()) {
      const startedAt = performance.now();
      await call();
      tookMs.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, client));
  return { calls: tookMs.length, perSecond: (tookMs.length / (performance.now() - startedAt)) * 1_000, p99Ms: percentile(tookMs, 0.99) };
}
