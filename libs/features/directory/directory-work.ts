import type { NamedRefusal, ProblemName } from '#contracts/problems';
import type { JsonObject } from '#core/directory/json';
import type { Wanted } from '#core/directory/shown-attributes';
import type { ListWish, ResourcePage } from '#features/directory/list-page';
import { withBrands } from '#features/tenants/tenant-reach.service';
import type { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** An identity provider that calls with a token of a tenant's directory. */
export interface DirectoryCaller {
  tenantId: string;
  tokenId: string;
  /** Where resources of the directory are, for their own URLs. */
  baseUrl: string;
}

/** What SCIM does with resources of one kind. Refusals are thrown: `ScimRefusal` for what does not fit, else `DirectoryRefused`. */
export interface DirectoryResources {
  create(caller: DirectoryCaller, body: unknown): Promise<JsonObject>;
  get(caller: DirectoryCaller, id: string, wanted: Wanted): Promise<JsonObject>;
  list(caller: DirectoryCaller, wish: ListWish): Promise<ResourcePage>;
  /** @param ifMatch entity tags, of which the resource must have one */
  replace(caller: DirectoryCaller, id: string, body: unknown, ifMatch?: string): Promise<JsonObject>;
  patch(caller: DirectoryCaller, id: string, body: unknown, ifMatch?: string): Promise<JsonObject>;
  delete(caller: DirectoryCaller, id: string, ifMatch?: string): Promise<void>;
}

/** A refusal that takes back what the transaction has done so far. */
export class DirectoryRefused extends Error {
  constructor(
    readonly problem: ProblemName,
    message: string,
  ) {
    super(message);
    this.name = 'DirectoryRefused';
  }
}

/** What came of it, with a refusal as a value. */
export async function orRefusal<T>(work: Promise<T>): Promise<T | NamedRefusal> {
  return work.catch((error: unknown) => {
    if (error instanceof DirectoryRefused) return { refused: error.problem, detail: error.message };
    throw error;
  });
}

/** One change of a directory at a time, in a transaction that sees its tenant and its brands. */
export async function changing<T>(db: HotPool, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction('change directory', await withBrands(db, tenantId), async (tx) => {
    await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE', [tenantId]);
    return work(tx);
  });
}
