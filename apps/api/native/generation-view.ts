import { assetsView } from '#apps/api/native/assets-view';
import type { Generation, GenerationEvent, Quote } from '#contracts/native/generations';
import type { Output } from '#core/catalog/quote';
import { isFinal } from '#core/generations/state';
import { stageReports, type GenerationEvent as TimelineEvent } from '#core/generations/timeline';
import { formatCredits } from '#core/ledger/credits';
import { expiresAt } from '#core/retention/retention';
import { type GenerationReport, timelineFactsOf } from '#features/generations/generation-reports.service';
import type { TierQuote } from '#features/generations/known-quotes';

/** Writes a generation the way the native API does. @param assetUrl makes an absolute URL that works without headers */
export function generationView(report: GenerationReport, assetUrl: (key: string) => string): Generation {
  const { generation, leases, resolution } = report;
  return {
    id: generation.id,
    model: generation.model,
    state: generation.state,
    serviceTier: generation.serviceTier,
    servedFrom: resolution?.servedFrom ?? null,
    priority: generation.priority,
    startBy: textOf(generation.startBy),
    completeBy: textOf(generation.completeBy),
    labels: generation.labels,
    seed: generation.seed,
    output: outputView(generation.output),
    request: generation.request,
    cost: {
      priceCredits: formatCredits(generation.priceMicro),
      reservedCredits: formatCredits(isFinal(generation.state) ? 0n : generation.priceMicro),
      settledCredits: formatCredits(resolution?.settledMicro ?? 0n),
      releasedCredits: formatCredits(resolution?.releasedMicro ?? 0n),
      burnLaneMs: generation.burnLaneMs,
      rateCardVersion: generation.rateCardVersion,
    },
    stages: stageReports(timelineFactsOf(report)).map((stage) => ({
      ...stage,
      startedAt: textOf(stage.startedAt),
      finishedAt: textOf(stage.finishedAt),
    })),
    attempts: leases.map(({ fence, servedFrom, admittedAt, beganAt, endedAt, endReason }) => ({
      attempt: fence,
      servedFrom,
      admittedAt: admittedAt.toISOString(),
      beganAt: textOf(beganAt),
      endedAt: textOf(endedAt),
      endReason,
    })),
    assets: generation.state === 'completed' ? assetsView(generation.assets, assetUrl) : null,
    assetsExpireAt: generation.erasedAt
      ? null
      : textOf(expiresAt({ ...generation, retentionDays: report.retentionDays, onLegalHold: report.onLegalHold })),
    // What the customer deleted is not shown at all: only retention leaves something to see.
    deletion: generation.erasedAt && { deletedAt: generation.erasedAt.toISOString(), rule: 'project_retention' },
    failureReason: generation.failureReason,
    traceId: generation.traceparent?.split('-')[1] ?? null,
    createdAt: generation.createdAt.toISOString(),
    firstBeganAt: textOf(generation.firstBeganAt),
    finishedAt: textOf(generation.finishedAt),
  };
}

export function quoteView(quote: TierQuote): Quote {
  return {
    model: quote.model,
    serviceTier: quote.serviceTier,
    output: outputView(quote.output),
    priceCredits: formatCredits(quote.priceMicro),
    burnLaneMs: quote.burnLaneMs,
    stages: [...quote.stages],
    rateCardVersion: quote.rateCardVersion,
  };
}

export function eventView(generationId: string, { at, ...event }: TimelineEvent): GenerationEvent {
  return { ...event, generationId, at: at.toISOString() };
}

function outputView(output: Output): Generation['output'] {
  const { kind, widthPx, heightPx } = output;
  const size = { kind, widthPx, heightPx };
  if (output.kind === 'image') return { ...size, format: output.format };
  return { ...size, format: 'mp4', durationS: output.durationS, framesPerSecond: output.framesPerSecond };
}

function textOf(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
