import type { Readable } from 'node:stream';

export interface ObjectFacts {
  bytes: number;
  contentType: string;
  modifiedAt: Date;
}

/** A range of bytes, both ends included, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Where assets and the outputs of stages are kept. Keys are `/`-separated paths of `[A-Za-z0-9._-]`, beginning with the tenant. */
export abstract class ObjectStorage {
  /** Create-only. @throws ObjectExists when the key is taken, ObjectTooLarge past `maxBytes`; then nothing is left behind. */
  abstract create(key: string, content: Readable, options: { contentType: string; maxBytes: number }): Promise<ObjectFacts>;
  abstract stat(key: string): Promise<ObjectFacts | undefined>;
  /** @throws when the key does not exist */
  abstract read(key: string, range?: ByteRange): Promise<Readable>;
  /** Keys under a prefix that ends with `/`. */
  abstract list(prefix: string): AsyncIterable<{ key: string; facts: ObjectFacts }>;
  /** No error when the key does not exist. */
  abstract delete(key: string): Promise<void>;
  /** Fails when the store cannot be reached or written. */
  abstract check(): Promise<void>;
}

export class ObjectExists extends Error {
  constructor(key: string) {
    super(`object ${key} exists`);
    this.name = 'ObjectExists';
  }
}

export class ObjectTooLarge extends Error {
  constructor(maxBytes: number) {
    super(`object is larger than ${maxBytes} bytes`);
    this.name = 'ObjectTooLarge';
  }
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;

/** Keeps keys inside the store: no empty part, no part that begins with a dot. */
export function isStorageKey(key: string): boolean {
  return key.length <= 512 && KEY.test(key);
}
