/** A request that is of the right form and asks for what cannot be. Names the reason and, for rows, the field. */
export class Misunderstood extends Error {
  constructor(
    readonly problem: 'invalid_prompt' | 'missing_field' | 'unusable_input',
    /** For the caller: what is wrong and the way out. */
    readonly detail: string,
    readonly field: string | null = problem === 'invalid_prompt' ? 'prompt' : null,
  ) {
    super(detail);
    this.name = 'Misunderstood';
  }
}
