import { assetsView } from '#apps/api/native/assets-view';
import type { Assets } from '#contracts/native/common';
import type { BatchRow, ReviewComment, ReviewSummary, RowVersion } from '#contracts/native/reviews';
import type { SharedResult } from '#contracts/native/shared';
import type { Output } from '#core/catalog/quote';
import { formatCredits } from '#core/ledger/credits';
import { type Axis, valueIndexOf } from '#core/review/axes';
import type { CommentRow } from '#features/review/review-comments.service';
import type { ResultRow, ReviewRow, VersionRow } from '#features/review/review-rows';
import type { ReviewTally } from '#features/review/reviews.service';
import type { SharedResultRow } from '#features/review/shared-results.service';

type AssetUrl = (key: string) => string;

export function batchRowView(row: ReviewRow, axes: readonly Axis[], assetUrl: AssetUrl): BatchRow {
  const { rowNumber, version, assigneeId, assigneeName, openComments, priceMicro } = row;
  return {
    ...resultView(row, assetUrl),
    row: rowNumber,
    versions: version,
    assignee: assigneeId ? { id: assigneeId, name: assigneeName ?? '' } : null,
    openComments,
    values: Object.fromEntries(axes.map((axis) => [axis.name, axis.values[valueIndexOf(axis, rowNumber)] ?? ''])),
    priceCredits: formatCredits(BigInt(priceMicro)),
  };
}

export function versionView(row: VersionRow, assetUrl: AssetUrl): RowVersion {
  return { ...resultView(row, assetUrl), note: row.note, askedBy: row.askedByName, createdAt: row.createdAt.toISOString() };
}

export function commentView({ authorKind, authorName, resolvedByName, shareLinkId, ...comment }: CommentRow): ReviewComment {
  return {
    ...comment,
    author: { kind: authorKind, name: authorName },
    createdAt: comment.createdAt.toISOString(),
    resolvedAt: comment.resolvedAt?.toISOString() ?? null,
    resolvedBy: resolvedByName,
    isShared: shareLinkId !== null,
  };
}

export function summaryView({ results, approved, rejected, openComments, axes, failures }: ReviewTally): ReviewSummary {
  return {
    results,
    // A decided row may be in the making anew, and no result just now.
    waiting: Math.max(0, results - approved - rejected),
    approved,
    rejected,
    openComments,
    axes: axes.map(({ name, values, decided }) => {
      const rowsOf = (at: number, state: string) => decided.find((one) => one.valueIndex === at && one.state === state)?.rows ?? 0;
      return { name, values: values.map((value, at) => ({ value, approved: rowsOf(at, 'approved'), rejected: rowsOf(at, 'rejected') })) };
    }),
    failures,
  };
}

export function sharedResultView(row: SharedResultRow, assetUrl: AssetUrl): SharedResult {
  const { rowNumber, generationId, model, prompt, output, assets } = row;
  return {
    row: rowNumber,
    generationId,
    model,
    prompt,
    output: outputView(output),
    assets: assetsView(assets, assetUrl) as Assets, // only rows with an image are shown
  };
}

function resultView(row: ResultRow, assetUrl: AssetUrl) {
  const { generationId, version, state, review, decidedByName, decidedAt, model, prompt, output, assets, failureReason } = row;
  return {
    generationId,
    version,
    state,
    review,
    decidedBy: decidedByName,
    decidedAt: decidedAt?.toISOString() ?? null,
    model,
    prompt,
    output: outputView(output),
    assets: assetsView(assets, assetUrl),
    failureReason,
  };
}

function outputView(output: Output) {
  const { kind, widthPx, heightPx } = output;
  const film = output.kind === 'video' ? output : undefined;
  return {
    kind,
    widthPx,
    heightPx,
    frames: film ? Math.round(film.durationS * film.framesPerSecond) : null,
    framesPerSecond: film?.framesPerSecond ?? null,
  };
}
