/** An object of the storage, as its list tells it. */
export interface StoredObject {
  key: string;
  modifiedAt: Date;
}

/** What Postgres says of the generation that keys belong to. */
export interface KeyOwner {
  finishedAt: Date;
  /** Every key that a checkpoint or the assets name. */
  namedKeys: ReadonlySet<string>;
}

const HOUR_MS = 3_600_000;

/**
 * Objects that nobody will ever ask for: left by attempts that were lost or repeated, an hour after both the object was written and
 * its generation ended. A key whose generation still runs, or is not known, is kept.
 * @param ownerOf final generations only
 */
export function orphanedKeys(objects: readonly StoredObject[], ownerOf: ReadonlyMap<string, KeyOwner>, now: Date): string[] {
  const longAgo = (time: Date) => now.getTime() - time.getTime() > HOUR_MS;
  return objects
    .filter(({ key, modifiedAt }) => {
      const owner = ownerOf.get(generationIdOf(key) ?? '');
      return owner !== undefined && longAgo(owner.finishedAt) && longAgo(modifiedAt) && !owner.namedKeys.has(key);
    })
    .map(({ key }) => key);
}

const GENERATION_IN_KEY = /^[0-9a-f-]{36}\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\//;

/** Keys begin with tenant and generation; undefined for any other. */
export function generationIdOf(key: string): string | undefined {
  return GENERATION_IN_KEY.exec(key)?.[1];
}
