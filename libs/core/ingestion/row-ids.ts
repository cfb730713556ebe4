/**
 * A batch's id is a uuid of version 7 whose last 32 bits are zero; the generation of row N has the same id with N there. So a row that is
 * loaded twice has the same id both times, ids follow the order of rows, and either is found from the other.
 */
export function batchIdOf(uuidV7: string): string {
  return `${uuidV7.slice(0, 28)}00000000`;
}

export function rowIdOf(batchId: string, rowNumber: number): string {
  return batchId.slice(0, 28) + rowNumber.toString(16).padStart(8, '0');
}
