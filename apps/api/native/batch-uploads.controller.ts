import { Controller, Headers, Param, Req, Res } from '@nestjs/common';
import { MemoryLocker, Metadata } from '@tus/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { CallbackUrls } from '#apps/api/dream-machine/callback-urls';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { jsonOf, optionsOf } from '#apps/api/native/batch-options';
import { tusServer } from '#apps/api/native/tus-server';
import { Operation } from '#apps/api/operation.decorator';
import { appendBatchUpload, type BatchUpload, createBatchUpload, getBatchUpload } from '#contracts/native/batches';
import type { Caller } from '#core/access/caller';
import { MAX_SOURCE_BYTES } from '#core/ingestion/limits';
import { BatchUploadsService } from '#features/ingestion/batch-uploads.service';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const VERSION = '1.0.0';
const MAX_METADATA_CHARACTERS = 100_000;

/** Resumable uploads of batches. What the protocol says is the library's; who may, and what it is for, is said here. */
@Controller()
export class BatchUploadsController {
  private readonly locker = new MemoryLocker();

  constructor(
    private readonly uploads: BatchUploadsService,
    private readonly callbacks: CallbackUrls,
  ) {}

  @Operation(createBatchUpload)
  async create(
    @CallerOf() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: false }) reply: FastifyReply,
    @Headers('tus-resumable') version?: string,
    @Headers('upload-length') length = '',
    @Headers('upload-metadata') metadata = '',
  ): Promise<void> {
    requireVersion(version);
    const bytes = /^\d{1,15}$/.test(length) ? Number(length) : Number.NaN;
    if (Number.isNaN(bytes)) throw new Refused('invalid_fields', 'Upload-Length is needed, in bytes');
    if (bytes > MAX_SOURCE_BYTES) throw new Refused('too_large', `An upload has at most ${MAX_SOURCE_BYTES} bytes`);
    const { format, gzip, options: optionsText } = metadataOf(metadata);
    if (format !== 'ndjson' && format !== 'csv') throw new Refused('invalid_fields', 'Upload-Metadata: format is ndjson or csv');
    const options = optionsOf(jsonOf(optionsText ?? '{}'));
    this.callbacks.check(options.callbackUrl ?? null);
    const id = accepted(await this.uploads.begin(caller, options, { format, isGzip: gzip === 'true' }, bytes));
    await this.handle(caller, request, reply, id);
  }

  @Operation(getBatchUpload)
  async get(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const upload = UUID.test(id) ? await this.uploads.find(caller, id.toLowerCase()) : null;
    if (!upload) throw new Refused('not_found', 'Upload not found');
    if (request.method === 'HEAD') return this.handle(caller, request, reply);
    const view: BatchUpload = { id: upload.id, offset: upload.offset, bytes: upload.bytes };
    await reply.header('cache-control', 'no-store').send(view);
  }

  @Operation(appendBatchUpload)
  async append(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: false }) reply: FastifyReply,
    @Headers('tus-resumable') version?: string,
  ): Promise<void> {
    if (!UUID.test(id) || !(await this.uploads.find(caller, id.toLowerCase()))) throw new Refused('not_found', 'Upload not found');
    requireVersion(version);
    await this.handle(caller, request, reply);
  }

  private async handle(caller: Caller, request: FastifyRequest, reply: FastifyReply, newId?: string): Promise<void> {
    reply.hijack();
    await tusServer(this.uploads, caller, this.locker, newId).handle(request.raw, reply.raw);
  }
}

function requireVersion(version: string | undefined): void {
  if (version !== VERSION) throw new Refused('invalid_fields', `Tus-Resumable must be ${VERSION}`);
}

function metadataOf(text: string): Record<string, string | null | undefined> {
  if (text.length > MAX_METADATA_CHARACTERS) throw new Refused('invalid_fields', 'Upload-Metadata is too long');
  if (text === '') return {};
  try {
    return Metadata.parse(text);
  } catch {
    throw new Refused('invalid_fields', 'Upload-Metadata is written as tus 1.0 says: names and base64 values');
  }
}
