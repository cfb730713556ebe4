import type { JsonObject } from '#core/directory/json';
import type { Actor } from '#features/audit/audit.service';
import { type DirectoryCaller, DirectoryRefused } from '#features/directory/directory-work';

/** What every resource of a directory has in its row. */
export interface Versioned {
  id: string;
  version: number;
  created_at: Date;
  changed_at: Date;
}

export function actorOf({ tenantId, tokenId }: DirectoryCaller): Actor {
  return { kind: 'directory', id: tokenId, tenantId };
}

export function metaOf(resourceType: 'User' | 'Group', baseUrl: string, { id, version, created_at, changed_at }: Versioned): JsonObject {
  return {
    resourceType,
    created: created_at.toISOString(),
    lastModified: changed_at.toISOString(),
    location: `${baseUrl}/${resourceType}s/${id}`,
    version: entityTag(version),
  };
}

/** @throws DirectoryRefused if the caller has seen another version than stands */
export function expectVersion({ version }: Versioned, ifMatch: string | undefined): void {
  if (ifMatch === undefined || ifMatch.trim() === '*' || ifMatch.split(',').some((one) => one.trim() === entityTag(version))) return;
  throw new DirectoryRefused('precondition_failed', 'It was changed meanwhile: read it again');
}

export function noResource(resourceType: 'User' | 'Group', id: string): DirectoryRefused {
  return new DirectoryRefused('not_found', `There is no ${resourceType} ${id.slice(0, MAX_ECHOED_CHARACTERS)}`);
}

const MAX_ECHOED_CHARACTERS = 80;

function entityTag(version: number): string {
  return `W/"${version}"`;
}
