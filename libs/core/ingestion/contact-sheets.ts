/** Results on one sheet: ten by ten. */
export const RESULTS_PER_SHEET = 100;
/** Sheets of one batch: beyond them nobody looks at thumbnails. */
export const MAX_SHEETS = 100;

export function sheetsOf(completedRows: number): number {
  return Math.min(MAX_SHEETS, Math.ceil(completedRows / RESULTS_PER_SHEET));
}

export function contactSheetKey(tenantId: string, batchId: string, sheet: number): string {
  return `${tenantId}/batches/${batchId}/contact-sheet-${sheet}.jpg`;
}
