/** A cell of a CSV file: text that somebody else chose, or a value of ours. */
export type CsvCell = string | number | bigint | null | { value: string };

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * One line of CSV (RFC 4180), its end included. Plain strings may come from anybody, so one that begins like a formula is defused with an
 * apostrophe; `{ value }` marks what we wrote ourselves, as a negative amount.
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return quoted(FORMULA.test(cell) ? `'${cell}` : cell);
  return typeof cell === 'object' ? quoted(cell.value) : String(cell);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
