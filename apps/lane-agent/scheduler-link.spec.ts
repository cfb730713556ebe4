import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { SchedulerLink } from '#apps/lane-agent/scheduler-link';
import { LaneSchedulerDouble } from '#testing/lane-scheduler-double';

const TOKEN = 'node-token';
const openThings: (() => Promise<void> | void)[] = [];

beforeAll(() => Logger.overrideLogger(['error']));
afterEach(async () => {
  for (const close of openThings.splice(0).reverse()) await close();
});

it('follows a standby to a leader that is not in its list', async () => {
  const [standby, leader] = [await scheduler(), await scheduler()];
  standby.leaderUrl = leader.url;
  link([standby.url]);
  await leader.heard('heartbeat');
  expect(standby.messages.map(({ type }) => type)).toEqual(['register']);
});

it('goes on to the next address when one is away, refuses it, or does not answer', async () => {
  const [gone, foreign, silent, leader] = [await scheduler(), await scheduler('another token'), await scheduler(), await scheduler()];
  const goneUrl = gone.url;
  await gone.close();
  silent.answers.registrations = false;
  link([goneUrl, foreign.url, silent.url, leader.url], { aloneLimitMs: 200 });
  await leader.heard('heartbeat');
});

it('finds the new leader after the old one is cut off', async () => {
  const [first, second] = [await scheduler(), await scheduler()];
  link([first.url, second.url]);
  await first.heard('heartbeat');
  first.answers.registrations = false;
  first.cut();
  await second.heard('heartbeat');
});

it('is alone after the limit, and not alone once registered again', async () => {
  const leader = await scheduler();
  const alone = Promise.withResolvers<void>();
  const stream = link([leader.url], { aloneLimitMs: 200, whenAlone: alone.resolve });
  await leader.heard('heartbeat');
  leader.answers = { ...leader.answers, registrations: false, heartbeats: false };
  await alone.promise;
  expect(await stream.isHeard(new AbortController().signal)).toBe(false);

  leader.answers = { ...leader.answers, registrations: true, heartbeats: true };
  leader.forget();
  await leader.heard('heartbeat');
  expect(await stream.isHeard(new AbortController().signal)).toBe(true);
});

it('leaves out what is not of the protocol', async () => {
  const leader = await scheduler();
  const heard: string[] = [];
  link([leader.url], { hear: (type) => heard.push(type) });
  await leader.heard('heartbeat');
  leader.say({ type: 'dance' } as never);
  leader.say({ type: 'drain' });
  leader.forget();
  await leader.heard('heartbeat', () => heard.includes('drain'));
  expect(heard).not.toContain('dance');
});

async function scheduler(token = TOKEN): Promise<LaneSchedulerDouble> {
  const double = await LaneSchedulerDouble.listen(token);
  openThings.push(() => double.close());
  return double;
}

interface LinkOptions {
  aloneLimitMs?: number;
  whenAlone?: () => void;
  hear?: (type: string) => void;
}

function link(urls: string[], { aloneLimitMs = 6_000, whenAlone = () => {}, hear = () => {} }: LinkOptions = {}): SchedulerLink {
  const stream = new SchedulerLink(
    { urls, nodeToken: TOKEN, heartbeatEveryMs: 30, aloneLimitMs },
    {
      registration: () => ({ type: 'register', lanes: [], poolClass: 'halo-1', residentModels: [], living: [] }),
      heartbeat: () => ({ type: 'heartbeat', residentModels: [], progress: [] }),
      hear: ({ type }) => hear(type),
      alone: whenAlone,
    },
  );
  openThings.push(() => stream.close());
  stream.start();
  return stream;
}
