export type GenerationState = 'queued' | 'admitted' | 'running' | 'completed' | 'failed' | 'cancelled';

export const FINAL_STATES = ['completed', 'failed', 'cancelled'] as const satisfies readonly GenerationState[];

/** A final state is never left: money is resolved and no lease can be given any more. */
export function isFinal(state: GenerationState): boolean {
  return (FINAL_STATES as readonly GenerationState[]).includes(state);
}
