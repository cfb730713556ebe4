/** Jobs of one calculation: some thirty runs of the planner over them answer within seconds. */
export const MAX_SIZED_JOBS = 3_000;
/** Generations of a tenant that are looked at for it, whatever pool class they are of. */
export const MAX_SIZED_ROWS = 20_000;
/** Units that a calculation tries. */
export const MAX_SIZED_UNITS = 5_000;

/** Simulations of a process that run, and that wait for their turn. */
export const MAX_RUNNING_SIMULATIONS = 1;
export const MAX_WAITING_SIMULATIONS = 8;
