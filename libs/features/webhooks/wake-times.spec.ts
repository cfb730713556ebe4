import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WakeTimes } from '#features/webhooks/wake-times';

it('rings for each wait, also for those that were asked for while an earlier one was under way', async () => {
  let rung = 0;
  const times = new WakeTimes(() => {
    rung += 1;
  });
  for (const waitMs of [100, 300, 200]) times.in(waitMs);
  expect(times.isWaiting).toBe(true);
  while (times.isWaiting) await pause(10);
  expect(rung).toBe(3);
});

it('leaves a long wait to the sweep, and rings no more once it is to forget', async () => {
  let rung = 0;
  const times = new WakeTimes(() => {
    rung += 1;
  });
  times.in(3_600_000);
  expect(times.isWaiting).toBe(false);
  times.in(20);
  times.forget();
  const later = Promise.withResolvers<void>();
  const after = new WakeTimes(later.resolve);
  after.in(60);
  while (after.isWaiting) await pause(10);
  await later.promise;
  expect(rung).toBe(0);
});
