/** Names one run of one generation. Work under an older fence than the generation's is refused. */
export interface LeaseRef {
  tenantId: string;
  generationId: string;
  /** Grows by one with each admission; decimal string, as it is a bigint in Postgres. */
  fence: string;
}
