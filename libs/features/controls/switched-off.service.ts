import type { Stoppable } from '#core/controls/switches';

/**
 * Whether a switch stops such work of a tenant, as a condition of the statement that takes it up. New generations of rows stop with
 * other new generations.
 * @param tenantId the column that names the tenant
 */
export function isSwitchedOff(stops: Exclude<Stoppable, 'submits'>, tenantId: string): string {
  const kinds = stops === 'ingestion' ? `('ingestion', 'submits')` : `('${stops}')`;
  return `EXISTS (SELECT 1 FROM switches s WHERE s.stops IN ${kinds} AND (s.scope = 'all' OR s.scope = 'tenant' AND s.subject = ${tenantId}::text)
    AND (s.ends_at IS NULL OR s.ends_at > clock_timestamp()))`;
}
