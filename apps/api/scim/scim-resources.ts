import { Refused } from '#apps/api/errors/refused';
import { SCIM_LIST } from '#contracts/scim';
import type { JsonObject } from '#core/directory/json';
import { isObject } from '#core/directory/json';
import { shown, type Wanted } from '#core/directory/shown-attributes';
import type { ResourcePage } from '#features/directory/list-page';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id of a path. What cannot be one is simply not there. @throws Refused */
export function resourceId(given: string): string {
  if (!UUID.test(given)) throw new Refused('not_found', 'There is no such resource');
  return given.toLowerCase();
}

export function listResponse({ total, startIndex, resources }: ResourcePage, wanted: Wanted) {
  return {
    schemas: [SCIM_LIST],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources.map((one) => shown(one, wanted)),
  };
}

/** Headers of an answer with one resource. */
export function headersOf({ meta }: JsonObject): Record<string, string> {
  return isObject(meta) ? { etag: String(meta.version), location: String(meta.location) } : {};
}

/** Whether the caller has this version already. */
export function isKnown({ meta }: JsonObject, ifNoneMatch: string | undefined): boolean {
  return isObject(meta) && (ifNoneMatch?.split(',').some((one) => one.trim() === meta.version) ?? false);
}
