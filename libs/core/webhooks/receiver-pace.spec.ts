import { expect, it } from 'vitest';
import { FIRST_PACE, isTroubled, type PaceSignal, paceAfter, type ReceiverPace } from '#core/webhooks/receiver-pace';

const after = (signals: readonly PaceSignal[], durationMs = 20): ReceiverPace =>
  signals.reduce((pace, signal) => paceAfter(pace, signal, durationMs), FIRST_PACE);
const times = (count: number, signal: PaceSignal): PaceSignal[] => Array.from({ length: count }, () => signal);

it('grows by one for each success, to a limit', () => {
  expect(after(times(3, 'success')).slots).toBe(FIRST_PACE.slots + 3);
  expect(after(times(100, 'success')).slots).toBe(32);
});

it('halves with each failure, down to one at a time', () => {
  expect(after(['failure']).slots).toBe(4);
  expect(after(times(10, 'failure')).slots).toBe(1);
});

it('goes one at a time as soon as it is throttled', () => {
  expect(after(['success', 'throttled']).slots).toBe(1);
});

it('recovers with the first success', () => {
  const pace = after([...times(10, 'failure'), 'success']);
  expect(pace).toMatchObject({ slots: 2, failuresInRow: 0 });
  expect(isTroubled(pace)).toBe(false);
});

it.each([
  { name: 'dead', pace: after(times(5, 'failure')), troubled: true },
  { name: 'slow', pace: after(times(40, 'success'), 5_000), troubled: true },
  { name: 'new', pace: FIRST_PACE, troubled: false },
  { name: 'quick', pace: after(times(40, 'success')), troubled: false },
])('a receiver that is $name is troubled: $troubled', ({ pace, troubled }) => {
  expect(isTroubled(pace)).toBe(troubled);
});
