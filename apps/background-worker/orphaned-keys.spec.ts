import { expect, it } from 'vitest';
import { type KeyOwner, orphanedKeys } from '#apps/background-worker/orphaned-keys';

const tenant = '01980000-0000-7000-8000-000000000001';
const ended = '01980000-0000-7000-8000-00000000000a';
const justEnded = '01980000-0000-7000-8000-00000000000b';
const running = '01980000-0000-7000-8000-00000000000c';

const now = new Date('2026-01-01T12:00:00Z');
const anHourAgo = new Date('2026-01-01T11:00:00Z');
const earlier = new Date('2026-01-01T10:59:59Z');
const named = `${tenant}/${ended}/2/render-1/frame.png`;
const owners = new Map<string, KeyOwner>([
  [ended, { finishedAt: earlier, namedKeys: new Set([named]) }],
  [justEnded, { finishedAt: anHourAgo, namedKeys: new Set() }],
]);

it.each([
  { key: `${tenant}/${ended}/1/render-1/frame.png`, modifiedAt: earlier, orphaned: true },
  { key: named, modifiedAt: earlier, orphaned: false },
  { key: `${tenant}/${ended}/1/render-1/late.png`, modifiedAt: anHourAgo, orphaned: false },
  { key: `${tenant}/${justEnded}/1/render-1/frame.png`, modifiedAt: earlier, orphaned: false },
  { key: `${tenant}/${running}/1/render-1/frame.png`, modifiedAt: earlier, orphaned: false },
  { key: `${tenant}/something-else.png`, modifiedAt: earlier, orphaned: false },
])('$key written at $modifiedAt → orphaned: $orphaned', ({ key, modifiedAt, orphaned }) => {
  expect(orphanedKeys([{ key, modifiedAt }], owners, now)).toEqual(orphaned ? [key] : []);
});
