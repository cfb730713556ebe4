import type { Days } from '#web/parts/filter/days';
import type { Change } from '#web/parts/filter/use-filter';

/** When a generation was created, as the API takes it: both ends are left out. */
export interface CreatedSpan {
  createdAfter?: string;
  createdBefore?: string;
}

const DAY_MS = 86_400_000;

/** The days in UTC that a span shows, the first and the last. */
export function daysOf({ createdAfter, createdBefore }: CreatedSpan): Days {
  return {
    ...(createdAfter && { from: dayAt(Date.parse(createdAfter) + 1) }),
    ...(createdBefore && { to: dayAt(Date.parse(createdBefore) - 1) }),
  };
}

/** The span of whole days; what is taken back stays taken back. */
export function spanOf({ from, to }: Days): Change<CreatedSpan> {
  return {
    ...(from !== undefined && { createdAfter: from && new Date(Date.parse(from) - 1).toISOString() }),
    ...(to !== undefined && { createdBefore: to && new Date(Date.parse(to) + DAY_MS).toISOString() }),
  };
}

/** Undefined for what is no instant. */
export function instantOf(value: unknown): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined;
}

function dayAt(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
