import type { Batch } from '#contracts/native/batches';
import { formatCredits } from '#core/ledger/credits';
import type { BatchReport } from '#features/ingestion/batches.service';

export function batchView(report: BatchReport, now = new Date()): Batch {
  const { source } = report;
  return {
    id: report.id,
    name: report.name,
    state: report.state,
    stateReason: report.stateReason,
    dryRun: report.isDryRun,
    options: report.options,
    source: { format: source.format, gzip: source.isGzip, bytes: source.bytes, expectedBytes: source.expectedBytes, sha256: source.sha256 },
    rows: {
      read: report.committedRow,
      accepted: report.acceptedRows,
      refused: report.refusedRows,
      queued: report.isDryRun ? 0 : unfinishedRows(report),
      completed: report.completedRows,
      failed: report.failedRows,
      cancelled: report.cancelledRows,
    },
    priceCredits: formatCredits(report.priceMicro),
    missingCredits: formatCredits(report.missingMicro),
    burnLaneMs: report.burnLaneMs,
    contactSheets: report.sheets,
    createdAt: report.createdAt.toISOString(),
    loadedAt: report.loadedAt?.toISOString() ?? null,
    finishedAt: report.finishedAt?.toISOString() ?? null,
    expectedFinishAt: expectedFinish(report, now)?.toISOString() ?? null,
  };
}

function unfinishedRows({ acceptedRows, completedRows, failedRows, cancelledRows }: BatchReport): number {
  return acceptedRows - completedRows - failedRows - cancelledRows;
}

/** At the pace of the rows that have ended since the batch came in. */
function expectedFinish(report: BatchReport, now: Date): Date | null {
  const ended = report.completedRows + report.failedRows;
  if (report.state !== 'running' || ended === 0) return null;
  const msPerRow = (now.getTime() - report.createdAt.getTime()) / ended;
  return new Date(now.getTime() + msPerRow * unfinishedRows(report));
}
