import type { GenerationState } from '#core/generations/state';

/** The changes that a Dream Machine callback tells. What a customer sees of a cancelled generation is `failed`. */
export type CallbackEvent = 'dreaming' | 'completed' | 'failed';

/**
 * The state a callback shows: that of its event, although the generation may have gone further since.
 * @param state where the generation is now; it tells a cancelled generation from a failed one
 */
export function stateAtEvent(event: CallbackEvent, state: GenerationState): GenerationState {
  switch (event) {
    case 'dreaming':
      return 'running';
    case 'completed':
      return 'completed';
    case 'failed':
      return state === 'cancelled' ? 'cancelled' : 'failed';
  }
}
