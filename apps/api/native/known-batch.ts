import { Refused } from '#apps/api/errors/refused';
import type { Caller } from '#core/access/caller';
import type { BatchesService, BatchReport } from '#features/ingestion/batches.service';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A batch of the caller's, by an id as a client wrote it. @throws Refused when there is none */
export async function knownBatch(batches: BatchesService, caller: Caller, id: string): Promise<BatchReport> {
  const report = UUID.test(id) ? await batches.get(caller, id.toLowerCase()) : null;
  if (!report) throw batchNotFound();
  return report;
}

export function batchNotFound(): Refused {
  return new Refused('not_found', 'Batch not found');
}
