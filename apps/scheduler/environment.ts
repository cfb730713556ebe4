import { z } from 'zod';

/** What this process is told. Read once, in `main`. */
export const SchedulerEnvironment = z.object({
  DATABASE_CONTROL_URL: z.url(),
  HALOGEN_SCHEDULER_PORT: z.coerce.number().int().min(0).max(65_535),
  /** Where agents reach this process: standbys give it to those who ask for the leader. */
  HALOGEN_SCHEDULER_URL: z.url(),
  HALOGEN_HOST: z.string().default('127.0.0.1'),
});
export type SchedulerEnvironment = z.infer<typeof SchedulerEnvironment>;
