import { Logger } from '@nestjs/common';
import { expect, it } from 'vitest';
import { WakeLoop } from '#platform/outbox/wake-loop';

Logger.overrideLogger(false);
const AN_HOUR_MS = 3_600_000;

it('runs once more when woken in a run, and never twice at once', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let runs = 0;
  const loop = new WakeLoop({
    name: 'test',
    everyMs: AN_HOUR_MS,
    run: async () => {
      const run = runs++;
      begun[run]?.resolve();
      await gates[run]?.promise;
    },
  });
  loop.start();
  await begun[0]?.promise;
  loop.wake();
  loop.wake();
  expect(runs).toBe(1);
  gates[0]?.resolve();
  await begun[1]?.promise;
  gates[1]?.resolve();
  await loop.stop();
  expect(runs).toBe(2);
});

it('goes on after a failure', async () => {
  const again = Promise.withResolvers<void>();
  let runs = 0;
  const loop = new WakeLoop({
    name: 'test',
    everyMs: 1,
    run: async () => {
      runs += 1;
      if (runs < 3) throw new Error('away');
      again.resolve();
    },
  });
  loop.start();
  await again.promise;
  await loop.stop();
  loop.wake();
  expect(loop.isStopped).toBe(true);
});
