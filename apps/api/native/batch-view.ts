import type { Batch } from '#contracts/native/batches';
import type { FinishTold } from '#contracts/queues/wait-questions';
import { formatCredits } from '#core/ledger/credits';
import type { BatchReport } from '#features/ingestion/batches.service';

/** @param finish what the planner expects, where somebody asked it */
export function batchView(report: BatchReport, finish: FinishTold | null = null): Batch {
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
    expectedFinishAt: finish && new Date(finish.finishP50).toISOString(),
    expectedFinishP90At: finish && new Date(finish.finishP90).toISOString(),
  };
}

function unfinishedRows({ acceptedRows, completedRows, failedRows, cancelledRows }: BatchReport): number {
  return acceptedRows - completedRows - failedRows - cancelledRows;
}
