import type { FieldError } from '#contracts/dream-machine/errors';
import type { ProblemName } from '#contracts/problems';

/** A named refusal on its way to the caller. `errorFilter` gives it the form of the surface it happened on. */
export class Refused extends Error {
  constructor(
    readonly problem: ProblemName,
    /** For the caller: what is wrong and the way out. */
    readonly detail: string,
    readonly fields?: readonly FieldError[],
    /** When trying again will help. */
    readonly retryAfterMs?: number,
    /** For programs: members that the problem carries besides. */
    readonly facts?: Readonly<Record<string, unknown>>,
  ) {
    super(detail);
    this.name = 'Refused';
  }
}
