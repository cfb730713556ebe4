import { z } from 'zod';
import type { GenerationState } from '#core/generations/state';

export const DreamMachineState = z.enum(['queued', 'dreaming', 'completed', 'failed']);
export type DreamMachineState = z.infer<typeof DreamMachineState>;

/**
 * The generation as Dream Machine clients read it. `assets` is absent until there is one: null or an empty object breaks published clients.
 * A completed video carries `assets.image` too. `status` is only ever sent for a failure, which lets clients that poll it stop.
 */
export const DreamMachineGeneration = z
  .object({
    id: z.uuid(),
    generation_type: z.enum(['image', 'video']),
    state: DreamMachineState,
    status: z.literal('failed').optional(),
    failure_reason: z.string().nullable(),
    created_at: z.iso.datetime(),
    assets: z.object({ image: z.url(), video: z.url().optional() }).optional(),
    model: z.string(),
    request: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'DreamMachineGeneration' });
export type DreamMachineGeneration = z.infer<typeof DreamMachineGeneration>;

/** What the wire form is made from. */
export interface GenerationFacts {
  id: string;
  kind: 'image' | 'video';
  model: string;
  state: GenerationState;
  everBegan: boolean;
  failureReason: string | null;
  createdAt: Date;
  /** Echo of the create body, without nulls and unknown keys. */
  request: Record<string, unknown>;
  /** Storage keys. */
  assets: { image?: string; video?: string } | null;
}

/** Writes a generation the way Dream Machine does. @param assetUrl makes an absolute URL that works without headers */
export function dreamMachineGeneration(facts: GenerationFacts, assetUrl: (key: string) => string): DreamMachineGeneration {
  const state = dreamMachineState(facts.state, facts.everBegan);
  const { image, video } = (state === 'completed' && facts.assets) || {};
  return {
    id: facts.id,
    generation_type: facts.kind,
    state,
    ...(state === 'failed' && { status: 'failed' as const }),
    failure_reason: state === 'failed' ? (facts.failureReason ?? 'Job failed') : null,
    created_at: facts.createdAt.toISOString(),
    ...(image && { assets: { image: assetUrl(image), ...(video && { video: assetUrl(video) }) } }),
    model: facts.model,
    request: facts.request,
  };
}

/** Clients know four states: what was recalled is still dreaming to them, what was cancelled has failed. */
export function dreamMachineState(state: GenerationState, everBegan: boolean): DreamMachineState {
  switch (state) {
    case 'queued':
    case 'admitted':
      return everBegan ? 'dreaming' : 'queued';
    case 'running':
      return 'dreaming';
    case 'completed':
      return 'completed';
    case 'failed':
    case 'cancelled':
      return 'failed';
  }
}
