export const BATCH_STATES = ['receiving', 'validating', 'running', 'paused', 'completed', 'cancelled', 'failed'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** What the background worker still has to do: to a batch's source, its rows, or what became of them. */
export type BatchWork = 'fetch' | 'load' | 'hold' | 'unhold' | 'cancel' | 'retry' | 'sheets';

export type BatchCommand = 'pause' | 'resume' | 'cancel' | 'retry';

export interface BatchRefusal {
  refused: 'batch_state';
}

/**
 * What a command makes of a batch: its next state, and the work that follows for its rows.
 * @param isLoaded whether every row of the source was read
 */
export function afterCommand(
  command: BatchCommand,
  state: BatchState,
  isLoaded: boolean,
): { state: BatchState; work: BatchWork | null } | BatchRefusal {
  switch (command) {
    case 'pause':
      if (state === 'validating' || state === 'running') return { state: 'paused', work: 'hold' };
      break;
    case 'resume':
      if (state === 'paused') return { state: isLoaded ? 'running' : 'validating', work: 'unhold' };
      break;
    case 'cancel':
      if (state === 'receiving') return { state: 'cancelled', work: null };
      if (state === 'validating' || state === 'running' || state === 'paused') return { state: 'cancelled', work: 'cancel' };
      break;
    case 'retry':
      if (isLoaded && (state === 'running' || state === 'completed')) return { state: 'running', work: 'retry' };
      break;
  }
  return { refused: 'batch_state' };
}
