import { z } from 'zod';
import { MODIFY_MODES, OPERATIONS } from '#core/generations/recipe';
import { LANE_STAGES } from '#core/generations/stages';

/** What an agent asks for before it runs a stage: `POST /agent/work-orders` at the API, node token as bearer. */
export const WORK_ORDERS_PATH = '/agent/work-orders';

export const WorkOrderRequest = z.object({
  tenantId: z.uuid(),
  generationId: z.uuid(),
  fence: z.string().regex(/^\d{1,19}$/),
  stage: z.enum(LANE_STAGES),
  round: z.number().int().min(0).max(9),
  /** Counted by Temporal from 1; part of the storage key, so that a late attempt never meets a newer one's object. */
  attempt: z.number().int().min(1).max(1_000),
});
export type WorkOrderRequest = z.infer<typeof WorkOrderRequest>;

const ImageOutput = z.object({
  kind: z.literal('image'),
  widthPx: z.number().int(),
  heightPx: z.number().int(),
  format: z.enum(['jpg', 'png']),
});
const VideoOutput = z.object({
  kind: z.literal('video'),
  widthPx: z.number().int(),
  heightPx: z.number().int(),
  durationS: z.number(),
  framesPerSecond: z.number().int(),
});

/** `Treatment` of core/generations/recipe. */
const Pixels = z.number().int().optional();
const TreatmentOrder = z.object({
  operation: z.enum(OPERATIONS),
  loop: z.boolean(),
  concepts: z.array(z.string()),
  mode: z.enum(MODIFY_MODES).nullable(),
  placement: z
    .object({
      gridPositionX: Pixels,
      gridPositionY: Pixels,
      resizedWidth: Pixels,
      resizedHeight: Pixels,
      xStart: Pixels,
      xEnd: Pixels,
      yStart: Pixels,
      yEnd: Pixels,
    })
    .nullable(),
  negativePrompt: z.string().nullable(),
  weights: z.record(z.string(), z.number()),
});

/** All that the backend needs, and the only thing that carries a prompt to a node. Answered 409 `lease_lost` for a lease that is not (or no longer) this node's. */
export const WorkOrder = z.object({
  laneIds: z.array(z.string()),
  model: z.string(),
  prompt: z.string(),
  seed: z.number().int(),
  output: z.discriminatedUnion('kind', [ImageOutput, VideoOutput]),
  treatment: TreatmentOrder,
  /** `ScenePlan` of core/generations/scene-plan; null for stages that draw nothing new. */
  plan: z.unknown(),
  /** Outputs of earlier lane stages and what was fetched for the customer, by artifact name. */
  inputs: z.array(z.object({ name: z.string(), url: z.url() })),
  /** Where each artifact goes: create-only PUT with an expiry. `key` is the storage key to report. */
  uploads: z.array(z.object({ name: z.string(), key: z.string(), url: z.url() })),
});
export type WorkOrder = z.infer<typeof WorkOrder>;

/** What a lane stage left, as the activity answers it and the checkpoint keeps it. */
export const StageOutcome = z.object({
  artifacts: z.array(
    z.object({
      name: z.string(),
      key: z.string(),
      contentType: z.string(),
      bytes: z.number().int(),
      widthPx: z.number().int().optional(),
      heightPx: z.number().int().optional(),
      durationS: z.number().optional(),
      frames: z.number().int().optional(),
    }),
  ),
  metrics: z.record(z.string(), z.number()),
  backend: z.string(),
  ranMs: z.number(),
});
export type StageOutcome = z.infer<typeof StageOutcome>;
