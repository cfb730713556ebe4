import type { Readable } from 'node:stream';
import { DataStore, ERRORS, type MemoryLocker, Server, Upload } from '@tus/server';
import { createBatchUpload } from '#contracts/native/batches';
import type { Caller } from '#core/access/caller';
import { MAX_SOURCE_BYTES, UPLOAD_KEPT_HOURS } from '#core/ingestion/limits';
import type { BatchUploadsService } from '#features/ingestion/batch-uploads.service';
import { DatabaseUnavailable } from '#platform/database/failures';

const HOUR_MS = 3_600_000;

/** Speaks tus 1.0 for one caller, whose uploads alone it knows. @param newId of an upload that this request creates */
export function tusServer(uploads: BatchUploadsService, caller: Caller, locker: MemoryLocker, newId?: string): Server {
  return new Server({
    path: createBatchUpload.path,
    datastore: new UploadStore(uploads, caller),
    locker,
    maxSize: MAX_SOURCE_BYTES,
    relativeLocation: true,
    ...(newId !== undefined && { namingFunction: () => newId }),
    onUploadFinish: async (_request, { id }) => {
      await uploads.finish(caller, id);
      return {};
    },
    // What is no answer of the protocol says nothing of our insides.
    onResponseError: (_request, error) => {
      if ('status_code' in error) return undefined;
      return error instanceof DatabaseUnavailable
        ? { status_code: 503, body: 'Try again in a moment\n' }
        : { status_code: 500, body: 'Something went wrong on our side\n' };
    },
  });
}

class UploadStore extends DataStore {
  override extensions = ['creation', 'expiration'];

  constructor(
    private readonly uploads: BatchUploadsService,
    private readonly caller: Caller,
  ) {
    super();
  }

  /** It is there: the batch was announced before. */
  override async create(upload: Upload): Promise<Upload> {
    return Object.assign(upload, { creation_date: (await this.getUpload(upload.id)).creation_date });
  }

  override write(content: Readable, id: string, offset: number): Promise<number> {
    return this.uploads.append(this.caller, id.toLowerCase(), offset, content);
  }

  override async getUpload(id: string): Promise<Upload> {
    const upload = await this.uploads.find(this.caller, id.toLowerCase());
    if (!upload) throw ERRORS.FILE_NOT_FOUND;
    const { offset, bytes, createdAt } = upload;
    return new Upload({ id, offset, size: bytes, creation_date: createdAt.toISOString() });
  }

  override getExpiration(): number {
    return UPLOAD_KEPT_HOURS * HOUR_MS;
  }
}
