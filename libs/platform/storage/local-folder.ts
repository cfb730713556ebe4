import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, link, mkdir, opendir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { atMost } from '#platform/storage/at-most';
import { contentTypeOf } from '#platform/storage/content-types';
import { type ByteRange, isStorageKey, ObjectExists, type ObjectFacts, ObjectStorage } from '#platform/storage/object-storage';
import { flushFolder, writeThrough } from '#platform/storage/write-through';

/** Objects as files of one folder. A file appears under its key only when it is whole and on the disk: it is written beside and linked into place. */
export class LocalFolder extends ObjectStorage {
  constructor(private readonly folder: string) {
    super();
  }

  async create(key: string, content: Readable, { maxBytes }: { contentType: string; maxBytes: number }): Promise<ObjectFacts> {
    const target = this.pathOf(key);
    const incoming = path.join(this.folder, '.incoming');
    await mkdir(incoming, { recursive: true });
    await mkdir(path.dirname(target), { recursive: true });
    const unfinished = path.join(incoming, randomUUID());
    try {
      await pipeline(content, atMost(maxBytes), (pieces: AsyncIterable<Buffer>) => writeThrough(unfinished, pieces));
      await link(unfinished, target).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? new ObjectExists(key) : error;
      });
      await flushFolder(path.dirname(target));
    } finally {
      await rm(unfinished, { force: true });
    }
    return this.factsOf(key, target);
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    return this.factsOf(key, this.pathOf(key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    return createReadStream(this.pathOf(key), range);
  }

  async *list(prefix: string): AsyncIterable<{ key: string; facts: ObjectFacts }> {
    const start = this.pathOf(`${prefix}x`).slice(0, -2);
    const folder = await opendir(start, { recursive: true }).catch(() => undefined);
    if (!folder) return;
    for await (const entry of folder) {
      if (!entry.isFile()) continue;
      const key = path.relative(this.folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/');
      const facts = await this.stat(key);
      if (facts) yield { key, facts };
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  async check(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await access(this.folder, constants.W_OK);
  }

  private async factsOf(key: string, file: string): Promise<ObjectFacts> {
    const { size, mtime } = await stat(file);
    return { bytes: size, contentType: contentTypeOf(key) ?? 'application/octet-stream', modifiedAt: mtime };
  }

  private pathOf(key: string): string {
    if (!isStorageKey(key)) throw new TypeError('not a storage key');
    return path.join(this.folder, ...key.split('/'));
  }
}
