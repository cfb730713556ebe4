import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { atMost } from '#platform/storage/at-most';
import { contentTypeOf } from '#platform/storage/content-types';
import { type ByteRange, isStorageKey, ObjectExists, type ObjectFacts, ObjectStorage } from '#platform/storage/object-storage';

export interface S3Settings {
  bucket: string;
  region: string;
  /** Of a store that is not Amazon's; its buckets are addressed by path. */
  endpoint?: string;
  /** Absent: the credentials of the machine's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Objects in a bucket of any S3-compatible store. An upload is first written to a file beside: S3 wants to know its length, and what breaks
 * off or grows too large must leave nothing behind. `If-None-Match` makes it create-only.
 */
export class S3Bucket extends ObjectStorage {
  private readonly client: S3Client;

  constructor(private readonly settings: S3Settings) {
    super();
    const { region, endpoint, credentials } = settings;
    this.client = new S3Client({ region, endpoint, credentials, forcePathStyle: endpoint !== undefined });
  }

  async create(key: string, content: Readable, { contentType, maxBytes }: { contentType: string; maxBytes: number }): Promise<ObjectFacts> {
    const at = this.at(key);
    const folder = await mkdtemp(path.join(tmpdir(), 'halogen-upload-'));
    try {
      const file = path.join(folder, 'object');
      await pipeline(content, atMost(maxBytes), createWriteStream(file, { flags: 'wx' }));
      await using handle = await open(file);
      const { size } = await handle.stat();
      await this.client.send(
        new PutObjectCommand({
          ...at,
          Body: handle.createReadStream({ autoClose: false }),
          ContentLength: size,
          ContentType: contentType,
          IfNoneMatch: '*',
        }),
      );
      return { bytes: size, contentType, modifiedAt: new Date() };
    } catch (error) {
      throw statusOf(error) === 412 || statusOf(error) === 409 ? new ObjectExists(key) : error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    try {
      const { ContentLength = 0, LastModified = new Date(0) } = await this.client.send(new HeadObjectCommand(this.at(key)));
      return { bytes: ContentLength, contentType: contentTypeOf(key) ?? 'application/octet-stream', modifiedAt: LastModified };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const { Body } = await this.client.send(
      new GetObjectCommand({ ...this.at(key), ...(range && { Range: `bytes=${range.start}-${range.end}` }) }),
    );
    if (!(Body instanceof Readable)) throw new Error('the store answered without a body');
    return Body;
  }

  async *list(prefix: string): AsyncIterable<{ key: string; facts: ObjectFacts }> {
    let from: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.settings.bucket, Prefix: prefix, ContinuationToken: from }),
      );
      for (const { Key: key, Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
        if (key === undefined || !isStorageKey(key)) continue;
        yield { key, facts: { bytes: Size, contentType: contentTypeOf(key) ?? 'application/octet-stream', modifiedAt: LastModified } };
      }
      from = page.NextContinuationToken;
    } while (from !== undefined);
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.at(key)));
  }

  async check(): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.settings.bucket }));
  }

  private at(key: string): { Bucket: string; Key: string } {
    if (!isStorageKey(key)) throw new TypeError('not a storage key');
    return { Bucket: this.settings.bucket, Key: key };
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
