/** A generation or batch that may have to go. */
export interface Subject {
  tenantId: string;
  subject: 'generation' | 'batch';
  id: string;
}

/** An object as its proof lists it. */
export interface ErasedObject {
  key: string;
  bytes: number;
  /** Null when the object could not be read. */
  sha256: string | null;
}

/** A subject and what the storage has of it. */
export interface FoundSubject extends Subject {
  objects: readonly ErasedObject[];
}
