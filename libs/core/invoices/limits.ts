/** What an invoice lists; what is more is folded into one line a kind. */
export const MAX_INVOICE_LINES = 2_000;
/** After the end of a month until its invoices are issued: transfers are dated by the beginning of their transaction, which may still run. */
export const ISSUE_AFTER_MS = 3_600_000;
/** Ended months that are looked at: one that a stopped platform missed is still invoiced. */
export const MAX_MONTHS_BACK = 3;
