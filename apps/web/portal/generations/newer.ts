import type { Generation } from '#sdk/types.gen';

type Progress = Pick<Generation, 'id' | 'state' | 'finishedAt' | 'attempts' | 'stages'>;

const ORDER = ['queued', 'admitted', 'running'];

/** Of two tellings of one generation the one that knows more. Events and answers overtake each other. */
export function newerOf<Told extends Progress>(before: Told | undefined, after: Told): Told {
  if (before?.id !== after.id) return after;
  const [old, now] = [progressOf(before), progressOf(after)];
  const at = now.findIndex((part, index) => part !== old[index]);
  return at >= 0 && (now[at] ?? 0) < (old[at] ?? 0) ? before : after;
}

/** Grows with everything that happens to it. */
function progressOf({ state, finishedAt, attempts, stages }: Progress): number[] {
  return [
    finishedAt === null ? 0 : 1,
    attempts.length,
    attempts.filter(({ endedAt }) => endedAt !== null).length,
    ORDER.indexOf(state),
    stages.filter((stage) => stage.state === 'done').length,
  ];
}
