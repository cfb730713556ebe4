import { z } from 'zod';

/** What `api` asks of the leader of a pool class, and what that answers, by NOTIFY: nothing is kept, and an answer that comes too late is lost. */
export const WAIT_QUESTIONS = 'halogen_wait_asked';
export const WAIT_ANSWERS = 'halogen_wait_told';

export const WaitQuestion = z.object({ ask: z.uuid(), poolClass: z.string(), generationId: z.uuid() });
export type WaitQuestion = z.infer<typeof WaitQuestion>;

export const WAIT_REASONS = [
  'no_node_with_n_lanes',
  'more_lanes_than_units',
  'lane_on_its_way',
  'own_units_busy',
  'held_back',
  'no_free_lane',
  'tenant_paused',
  'pool_paused',
  'behind_its_queue',
] as const;

/** Points in time are milliseconds since 1970. */
export const WaitTold = z.object({
  reason: z.enum(WAIT_REASONS),
  position: z.int().nullable(),
  startP50: z.number().nullable(),
  startP90: z.number().nullable(),
});
export type WaitTold = z.infer<typeof WaitTold>;

export const WaitAnswer = z.object({ ask: z.uuid(), wait: WaitTold });
export type WaitAnswer = z.infer<typeof WaitAnswer>;

/** A payload as it should be; anything else is nobody's question. */
export function readPayload<T extends z.ZodType>(schema: T, payload: string | undefined): z.infer<T> | undefined {
  try {
    return payload === undefined ? undefined : schema.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}
