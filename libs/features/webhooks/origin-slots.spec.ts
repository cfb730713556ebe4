import { expect, it } from 'vitest';
import { OriginSlots, originOf } from '#features/webhooks/origin-slots';

it('gives no more slots to one origin than it has, and leaves others alone', () => {
  const slots = new OriginSlots(2);
  const taken = [slots.take('https://slow', 0), slots.take('https://slow', 0)];
  expect(taken.every((slot) => 'release' in slot)).toBe(true);
  expect(slots.take('https://slow', 0)).toHaveProperty('againInMs');
  expect(slots.take('https://quick', 0)).toHaveProperty('release');
});

it('gives a slot again once it is released', () => {
  const slots = new OriginSlots(1);
  const first = slots.take('https://slow', 0);
  if ('release' in first) first.release(10);
  expect(slots.take('https://slow', 10)).toHaveProperty('release');
});

it('spreads those it sends away over the time the origin needs for them', () => {
  const slots = new OriginSlots(2);
  const first = slots.take('https://slow', 0);
  slots.take('https://slow', 0);
  const sendAway = (nowMs: number) => Array.from({ length: 3 }, () => slots.take('https://slow', nowMs));
  expect(sendAway(0)).toEqual([{ againInMs: 20 }, { againInMs: 25 }, { againInMs: 37.5 }]);

  if ('release' in first) first.release(8_025); // the mean is 1,025 ms now, and one of the three may come
  slots.take('https://slow', 8_025);
  expect(sendAway(8_025)).toEqual([{ againInMs: 1_537.5 }, { againInMs: 2_050 }, { againInMs: 2_562.5 }]);
});

it('never puts an attempt off by more than a minute', () => {
  const slots = new OriginSlots(1);
  slots.take('https://dead', 0);
  const waits = Array.from({ length: 10_000 }, () => slots.take('https://dead', 0));
  expect(waits.at(-1)).toEqual({ againInMs: 60_000 });
});

it.each([
  ['https://hooks.example.com/a?b=c', 'https://hooks.example.com'],
  ['http://hooks.example.com:8080/a', 'http://hooks.example.com:8080'],
  ['nonsense', 'nonsense'],
])('%s belongs to %s', (url, origin) => {
  expect(originOf(url)).toBe(origin);
});
