import { Refused } from '#apps/api/errors/refused';
import type { NamedRefusal } from '#contracts/problems';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a service answered, unless it refused. @throws Refused with the refusal's own words */
export function accepted<T>(outcome: T | NamedRefusal): T {
  if (isRefusal(outcome)) throw new Refused(outcome.refused, outcome.detail, undefined, undefined, outcome.facts);
  return outcome;
}

/** An id of a path, as ids are kept. What cannot be one is simply not there. @throws Refused */
export function idOf(given: string): string {
  const id = given.toLowerCase();
  if (!UUID.test(id)) throw new Refused('not_found', 'Not found');
  return id;
}

function isRefusal(outcome: unknown): outcome is NamedRefusal {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome;
}
