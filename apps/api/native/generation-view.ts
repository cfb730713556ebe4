import type { Generation, GenerationEvent, Quote } from '#contracts/native/generations';
import type { Quote as CatalogQuote, Output } from '#core/catalog/quote';
import { DEFAULT_SERVICE_TIER, type ServiceTier } from '#core/catalog/service-tiers';
import { isFinal } from '#core/generations/state';
import { stageReports, type GenerationEvent as TimelineEvent } from '#core/generations/timeline';
import { formatCredits } from '#core/ledger/credits';
import { type GenerationReport, timelineFactsOf } from '#features/generations/generation-reports.service';

/** Writes a generation the way the native API does. @param assetUrl makes an absolute URL that works without headers */
export function generationView(report: GenerationReport, assetUrl: (key: string) => string): Generation {
  const { generation, leases, resolution } = report;
  const { image, video } = (generation.state === 'completed' && generation.assets) || {};
  return {
    id: generation.id,
    model: generation.model,
    state: generation.state,
    service_tier: generation.serviceTier,
    served_from: resolution?.servedFrom ?? null,
    priority: generation.priority,
    start_by: textOf(generation.startBy),
    complete_by: textOf(generation.completeBy),
    labels: generation.labels,
    seed: generation.seed,
    output: outputView(generation.output),
    request: generation.request,
    cost: {
      price_credits: formatCredits(generation.priceMicro),
      reserved_credits: formatCredits(isFinal(generation.state) ? 0n : generation.priceMicro),
      settled_credits: formatCredits(resolution?.settledMicro ?? 0n),
      released_credits: formatCredits(resolution?.releasedMicro ?? 0n),
      burn_lane_ms: generation.burnLaneMs,
      rate_card_version: generation.rateCardVersion,
    },
    stages: stageReports(timelineFactsOf(report)).map(({ startedAt, finishedAt, ...stage }) => ({
      ...stage,
      started_at: textOf(startedAt),
      finished_at: textOf(finishedAt),
    })),
    attempts: leases.map(({ fence, servedFrom, admittedAt, beganAt, endedAt, endReason }) => ({
      attempt: fence,
      served_from: servedFrom,
      admitted_at: admittedAt.toISOString(),
      began_at: textOf(beganAt),
      ended_at: textOf(endedAt),
      end_reason: endReason,
    })),
    assets: image ? { image: assetUrl(image), ...(video && { video: assetUrl(video) }) } : null,
    failure_reason: generation.failureReason,
    created_at: generation.createdAt.toISOString(),
    first_began_at: textOf(generation.firstBeganAt),
    finished_at: textOf(generation.finishedAt),
  };
}

export function quoteView(quote: CatalogQuote, serviceTier: ServiceTier = DEFAULT_SERVICE_TIER): Quote {
  return {
    model: quote.model,
    service_tier: serviceTier,
    output: outputView(quote.output),
    price_credits: formatCredits(quote.priceMicro),
    burn_lane_ms: quote.burnLaneMs,
    stages: [...quote.stages],
    rate_card_version: quote.rateCardVersion,
  };
}

export function eventView(generationId: string, { at, ...event }: TimelineEvent): GenerationEvent {
  return { ...event, generation_id: generationId, at: at.toISOString() };
}

function outputView(output: Output): Generation['output'] {
  const { kind, widthPx, heightPx } = output;
  const size = { kind, width_px: widthPx, height_px: heightPx };
  if (output.kind === 'image') return { ...size, format: output.format };
  return { ...size, format: 'mp4', duration_s: output.durationS, frames_per_second: output.framesPerSecond };
}

function textOf(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
