import { z } from 'zod';
import { WAIT_REASONS } from '#core/scheduling/what-would-change';

/** What `api` asks of the leader of a pool class, and what that answers, by NOTIFY: nothing is kept, and an answer that comes too late is lost. */
export const WAIT_QUESTIONS = 'halogen_wait_asked';
export const WAIT_ANSWERS = 'halogen_wait_told';

export const WaitQuestion = z.object({ ask: z.uuid(), poolClass: z.string(), tenantId: z.uuid(), generationId: z.uuid() });
export type WaitQuestion = z.infer<typeof WaitQuestion>;

/** Points in time are milliseconds since 1970. */
export const WaitTold = z.object({
  reason: z.enum(WAIT_REASONS),
  position: z.int().nullable(),
  /** Nothing of its tenant's own goes before it. */
  isFirstOfItsTenant: z.boolean(),
  startP50: z.number().nullable(),
  startP90: z.number().nullable(),
});
export type WaitTold = z.infer<typeof WaitTold>;

/** `wait` is null when the leader has more to do than to answer. */
export const WaitAnswer = z.object({ ask: z.uuid(), wait: WaitTold.nullable() });
export type WaitAnswer = z.infer<typeof WaitAnswer>;

/** A payload as it should be; anything else is nobody's question. */
export function readPayload<T extends z.ZodType>(schema: T, payload: string | undefined): z.infer<T> | undefined {
  try {
    return payload === undefined ? undefined : schema.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}
