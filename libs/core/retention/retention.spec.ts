import { expect, it } from 'vitest';
import { erasureRuleOf, expiresAt, type Kept } from '#core/retention/retention';

const kept: Kept = { finishedAt: new Date('2026-03-01T12:00:00Z'), deletedAt: null, retentionDays: 30, onLegalHold: false };
const monthLater = new Date('2026-03-31T12:00:00Z');
const before = new Date(monthLater.getTime() - 1);

it.each<[string, Partial<Kept>, Date, string | null]>([
  ['its retention is over', {}, monthLater, 'project_retention'],
  ['its retention is over in a millisecond', {}, before, null],
  ['it is of a project that keeps nothing', { retentionDays: 0 }, kept.finishedAt as Date, 'project_retention'],
  ['it is of no project', { retentionDays: null }, monthLater, null],
  ['it is of no project and the customer deleted it', { retentionDays: null, deletedAt: before }, monthLater, 'customer_deletion'],
  ['the customer deleted it before its time', { deletedAt: before }, before, 'customer_deletion'],
  ['its project is on legal hold', { onLegalHold: true }, monthLater, null],
  ['its project is on legal hold and the customer deleted it', { onLegalHold: true, deletedAt: before }, monthLater, null],
  ['it runs still', { finishedAt: null, retentionDays: 0, deletedAt: before }, monthLater, null],
])('%s → by %o at %s: %s', (_what, facts, now, rule) => {
  expect(erasureRuleOf({ ...kept, ...facts }, now)).toBe(rule);
});

it('says when it will go, and nothing when nobody can say', () => {
  expect(expiresAt(kept)).toEqual(monthLater);
  expect([expiresAt({ ...kept, onLegalHold: true }), expiresAt({ ...kept, finishedAt: null })]).toEqual([null, null]);
});
