/** Jobs of one calculation: some thirty runs of the planner over them answer within seconds. */
export const MAX_SIZED_JOBS = 3_000;
/** Generations of a tenant that are looked at for it, whatever pool class they are of. */
export const MAX_SIZED_ROWS = 20_000;
/** Units that a calculation tries. */
export const MAX_SIZED_UNITS = 5_000;

/** Jobs of a day that are replayed; of a busier day the last hours. */
export const MAX_REPLAYED_JOBS = 40_000;
/** Tenants whose work is replayed. */
export const MAX_REPLAYED_TENANTS = 5_000;
export const MAX_REPLAYED_NODES = 2_000;

/** Simulations of a process that run, and that wait for their turn. */
export const MAX_RUNNING_SIMULATIONS = 1;
export const MAX_WAITING_SIMULATIONS = 8;

/** What-if questions that wait for an answer, and answers that are kept. */
export const MAX_OPEN_QUESTIONS = 20;
export const MAX_ANSWERS_LISTED = 50;
export const ANSWERS_KEPT_DAYS = 30;
