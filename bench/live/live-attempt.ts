import type { Attempt, JobHistory } from '#core/simulation/simulated-job';

/** One lease of a job that was played: it starts when the player has read it. Milliseconds from the run's start. */
export interface LiveAttempt extends Attempt {
  /** When the transaction that leased it began. */
  admittedAt: number;
  /** When a lane of it was taken back from whoever borrowed it before; null when it was free otherwise. */
  laneRecalledAt: number | null;
}

export interface LiveHistory extends JobHistory {
  attempts: LiveAttempt[];
}
