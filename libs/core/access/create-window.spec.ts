import { expect, it } from 'vitest';
import { type Booking, type CreateDecision, CreateWindow, type CreateWindowFacts } from '#core/access/create-window';

const NOW = 1_000_000;
const plenty = 1_000_000;
const facts = (createsPerMinute: number, concurrent = plenty, more: Partial<CreateWindowFacts> = {}): CreateWindowFacts => ({
  limits: { createsPerMinute, concurrent },
  slotsMs: [],
  bookings: [],
  endsMs: [],
  ...more,
});
let next = 0;
const wish = (body = 'a', isResend = false) => ({ id: `refusal-${next++}`, body, isResend, expectedMs: 5_000 });
const refused = (decision: CreateDecision): Booking => {
  if (decision.admitted) throw new Error('it was admitted');
  return decision.booking;
};

it('admits up to the limit, and promises each refusal a slot of its own', () => {
  const window = new CreateWindow(facts(2, 10), NOW);
  const decisions = Array.from({ length: 6 }, () => window.decide(wish(), NOW));
  expect(decisions.map(({ admitted }) => admitted)).toEqual([true, true, false, false, false, false]);
  expect(decisions.slice(2).map((one) => refused(one).promisedMs - NOW)).toEqual([60_000, 60_000, 120_000, 120_000]);
});

it.each([
  { lateMs: 0, admitted: true },
  { lateMs: 2_000, admitted: true },
  { lateMs: -1, admitted: false },
])('holds a promised slot against everybody else: its caller comes $lateMs ms after its time', ({ lateMs, admitted }) => {
  const window = new CreateWindow(facts(1), NOW);
  window.decide(wish('first'), NOW);
  const { promisedMs } = refused(window.decide(wish('ours'), NOW));
  expect(window.decide(wish('a thief'), promisedMs + Math.max(0, lateMs)).admitted).toBe(false);
  expect(window.decide(wish('ours'), promisedMs + lateMs).admitted).toBe(admitted);
});

it('gives a slot that nobody came for to whoever asks', () => {
  const window = new CreateWindow(facts(1), NOW);
  window.decide(wish('first'), NOW);
  const { promisedMs } = refused(window.decide(wish('gone'), NOW));
  expect(window.decide(wish('fresh'), promisedMs + 2_001).admitted).toBe(true);
});

it('tells who comes back too early the same slot again', () => {
  const window = new CreateWindow(facts(1), NOW);
  window.decide(wish(), NOW);
  const first = refused(window.decide(wish(), NOW));
  const second = window.decide(wish('a', true), NOW + 500);
  expect(second).toMatchObject({ admitted: false, isNew: false, booking: { id: first.id, promisedMs: first.promisedMs } });
});

it('never admits past the concurrent limit, not even a promised slot', () => {
  const window = new CreateWindow(facts(plenty, 2, { endsMs: [NOW + 1_000, NOW + 4_000] }), NOW);
  const { promisedMs } = refused(window.decide(wish(), NOW));
  expect(promisedMs).toBe(NOW + 1_000);
  expect(window.decide(wish(), promisedMs)).toMatchObject({ admitted: false, limit: 'concurrent', isNew: false });
});

it('promises a concurrent place when running work should have ended, and none of them twice', () => {
  const window = new CreateWindow(facts(plenty, 2, { endsMs: [NOW + 1_000, NOW + 4_000] }), NOW);
  const promised = Array.from({ length: 4 }, () => refused(window.decide(wish(), NOW)).promisedMs - NOW);
  expect(promised).toEqual([1_000, 4_000, 6_000, 9_000]);
});

it.each([
  { callers: 1_000, createsPerMinute: 20 },
  { callers: 1_000, createsPerMinute: 600 },
])(
  'keeps every promise to $callers callers at $createsPerMinute a minute, and never admits more in any minute',
  ({ callers, createsPerMinute }) => {
    const window = new CreateWindow(facts(createsPerMinute), NOW);
    const arrivals: { atMs: number; body: string; retry: boolean }[] = Array.from({ length: callers }, (_, at) => ({
      atMs: NOW + Math.floor(at / 10),
      body: `body ${at % 50}`,
      retry: false,
    }));
    const admittedMs: number[] = [];
    let [retries, kept] = [0, 0];
    // Each caller who is refused comes back exactly at the promised time.
    while (arrivals.length > 0) {
      arrivals.sort((one, other) => one.atMs - other.atMs);
      const { atMs, body, retry } = arrivals.shift() as (typeof arrivals)[number];
      const decision = window.decide(wish(body, retry), atMs);
      retries += Number(retry);
      kept += Number(retry && decision.admitted);
      if (decision.admitted) admittedMs.push(atMs);
      else arrivals.push({ atMs: decision.booking.promisedMs, body, retry: true });
    }
    expect(admittedMs).toHaveLength(callers);
    expect(kept / retries).toBe(1);
    admittedMs.forEach((atMs, at) => {
      const before = admittedMs[at - createsPerMinute];
      if (before !== undefined) expect(atMs - before).toBeGreaterThanOrEqual(60_000);
    });
  },
);
