import { z } from 'zod';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';
import { RULE_FIGURES, RULES, VERDICTS } from '#core/scheduling/rule-findings';
import { WAIT_REASONS } from '#core/scheduling/what-would-change';

/** What `api` asks of the leader of a pool class, and what that answers, by NOTIFY: nothing is kept, and an answer that comes too late is lost. */
export const WAIT_QUESTIONS = 'halogen_wait_asked';
export const WAIT_ANSWERS = 'halogen_wait_told';

const Asked = { ask: z.uuid(), poolClass: z.string(), tenantId: z.uuid() };
export const WaitQuestion = z.object({
  ...Asked,
  generationId: z.uuid(),
  /** Rule by rule, with figures of the whole pool class: for operators. */
  wantsRules: z.boolean().default(false),
});
export type WaitQuestion = z.infer<typeof WaitQuestion>;

/** Kinds of rows that are told apart: a notification has 8,000 bytes at most. */
export const MAX_ASKED_KINDS = 40;

/** When work that waits as a whole will be done: what is left of a batch. */
export const FinishQuestion = z.object({
  ...Asked,
  tier: z.enum(SERVICE_TIERS),
  priority: z.int(),
  kinds: z
    .array(z.object({ model: z.string(), outputKey: z.string(), gangLanes: z.int(), rows: z.int(), burnLaneMs: z.number() }))
    .max(MAX_ASKED_KINDS),
});
export type FinishQuestion = z.infer<typeof FinishQuestion>;

export const LeaderQuestion = z.union([WaitQuestion, FinishQuestion]);
export type LeaderQuestion = z.infer<typeof LeaderQuestion>;

/** How one rule of the planner meets a generation, and what it read. */
export const RuleFinding = z.object({
  rule: z.enum(RULES),
  verdict: z.enum(VERDICTS),
  figures: z.array(z.object({ figure: z.enum(RULE_FIGURES), value: z.number() })),
});

/** Points in time are milliseconds since 1970. */
export const WaitTold = z.object({
  reason: z.enum(WAIT_REASONS),
  position: z.int().nullable(),
  /** Nothing of its tenant's own goes before it. */
  isFirstOfItsTenant: z.boolean(),
  startP50: z.number().nullable(),
  startP90: z.number().nullable(),
  /** Only for who wants them: how each rule of the planner meets it, in the index as it was when this was told. */
  rules: z.object({ readAt: z.number(), findings: z.array(RuleFinding) }).optional(),
});
export type WaitTold = z.infer<typeof WaitTold>;

/** Points in time are milliseconds since 1970. */
export const FinishTold = z.object({ finishP50: z.number(), finishP90: z.number() });
export type FinishTold = z.infer<typeof FinishTold>;

/** `told` is null when the leader does not know, or has more to do than to answer. */
export const LeaderAnswer = z.object({ ask: z.uuid(), told: z.union([WaitTold, FinishTold]).nullable() });
export type LeaderAnswer = z.infer<typeof LeaderAnswer>;

/** A payload as it should be; anything else is nobody's question. */
export function readPayload<T extends z.ZodType>(schema: T, payload: string | undefined): z.infer<T> | undefined {
  try {
    return payload === undefined ? undefined : schema.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}
