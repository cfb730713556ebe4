import { PassThrough, type Readable } from 'node:stream';
import { Body, Controller, Headers, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { CallbackUrls } from '#apps/api/dream-machine/callback-urls';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { createBatchOf, jsonOf, optionsOf } from '#apps/api/native/batch-options';
import { batchView } from '#apps/api/native/batch-view';
import { batchNotFound, knownBatch } from '#apps/api/native/known-batch';
import { Operation } from '#apps/api/operation.decorator';
import {
  type Batch,
  type CreateBatch,
  type CreateBatchQuery,
  cancelBatch,
  createBatch,
  getBatch,
  type ListBatchesQuery,
  listBatches,
  pauseBatch,
  type ROW_TYPES,
  resumeBatch,
  retryBatch,
  streamBatch,
} from '#contracts/native/batches';
import type { Caller } from '#core/access/caller';
import type { BatchCommand } from '#core/ingestion/batch-state';
import { BatchForecastsService } from '#features/ingestion/batch-forecasts.service';
import { BatchesService, type BatchReport } from '#features/ingestion/batches.service';
import { ObjectTooLarge } from '#platform/storage/object-storage';

const FORMATS = {
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/csv': 'csv',
} as const satisfies Record<(typeof ROW_TYPES)[number], 'ndjson' | 'csv'>;
const CREATE_TYPES = [...Object.keys(FORMATS), 'application/json'].join(', ');
const PROGRESS_EVERY_MS = 1_000;
const RECONNECT_MS = 1_000;
const MAX_STREAMS = 500;

/** Bulk requests. */
@Controller()
export class BatchesController {
  private streams = 0;

  constructor(
    private readonly batches: BatchesService,
    private readonly callbacks: CallbackUrls,
    private readonly forecasts: BatchForecastsService,
  ) {}

  @Operation(createBatch)
  async create(
    @CallerOf() caller: Caller,
    @Query(valid(createBatch.query, 'query')) query: CreateBatchQuery,
    @Body({ schema: createBatch.body }) body: unknown,
    @Headers('content-type') contentType = '',
    @Headers('content-encoding') encoding = 'identity',
  ): Promise<Batch> {
    const format = FORMATS[(contentType.split(';')[0] as string).trim().toLowerCase() as keyof typeof FORMATS];
    // Text of no type that is known: what it would be read as is anybody's guess.
    if (!format && typeof body === 'string') throw new Refused('unsupported_media_type', `Content-Type must be one of ${CREATE_TYPES}`);
    const { source: from, ...options }: CreateBatch = format ? optionsOf(jsonOf(query.options ?? '{}')) : createBatchOf(body ?? {});
    this.callbacks.check(options.callbackUrl ?? null);
    if (from) {
      this.callbacks.check(from.url, 'source.url');
      return batchView(accepted(await this.batches.createFrom(caller, options, from)));
    }
    if (!format && !options.matrix) throw new Refused('invalid_fields', 'matrix: without rows a batch needs a source or a matrix');
    if (encoding !== 'identity' && encoding !== 'gzip')
      throw new Refused('unsupported_media_type', 'Content-Encoding must be gzip or absent');
    try {
      const source = format
        ? { format, isGzip: encoding === 'gzip', content: body as Readable }
        : { format: 'none' as const, isGzip: false, content: null };
      return batchView(accepted(await this.batches.create(caller, options, source)));
    } catch (error) {
      if (error instanceof ObjectTooLarge) throw new Refused('too_large', error.message);
      throw error;
    }
  }

  @Operation(listBatches)
  async list(@CallerOf() caller: Caller, @Query(valid(listBatches.query, 'query')) { limit, before }: ListBatchesQuery) {
    const reports = await this.batches.list(caller, limit + 1, before);
    return { batches: reports.slice(0, limit).map((one) => batchView(one)), hasMore: reports.length > limit };
  }

  @Operation(getBatch)
  async get(@CallerOf() caller: Caller, @Param('id') id: string): Promise<Batch> {
    const report = await knownBatch(this.batches, caller, id);
    return batchView(report, await this.forecasts.of(report));
  }

  @Operation(pauseBatch)
  pause(@CallerOf() caller: Caller, @Param('id') id: string): Promise<Batch> {
    return this.command(caller, id, 'pause');
  }

  @Operation(resumeBatch)
  resume(@CallerOf() caller: Caller, @Param('id') id: string): Promise<Batch> {
    return this.command(caller, id, 'resume');
  }

  @Operation(cancelBatch)
  cancel(@CallerOf() caller: Caller, @Param('id') id: string): Promise<Batch> {
    return this.command(caller, id, 'cancel');
  }

  @Operation(retryBatch)
  retry(@CallerOf() caller: Caller, @Param('id') id: string): Promise<Batch> {
    return this.command(caller, id, 'retry');
  }

  @Operation(streamBatch)
  async stream(@CallerOf() caller: Caller, @Param('id') id: string, @Res({ passthrough: false }) reply: FastifyReply): Promise<void> {
    let report: BatchReport | null = await knownBatch(this.batches, caller, id);
    if (this.streams >= MAX_STREAMS) throw new Refused('unavailable', 'Too many streams are open; try again');
    this.streams += 1;
    const stream = new PassThrough();
    let told = '';
    let sequence = 0;
    const tell = async () => {
      if (!report) return stream.end();
      const { expectedFinishAt, expectedFinishP90At, ...view } = batchView(report, await this.forecasts.of(report));
      const text = JSON.stringify(view);
      if (text === told) stream.write(': alive\n\n');
      else
        stream.write(`id: ${++sequence}\nevent: progress\ndata: ${JSON.stringify({ ...view, expectedFinishAt, expectedFinishP90At })}\n\n`);
      told = text;
      return report.finishedAt && !report.work ? stream.end() : undefined;
    };
    const look = async () => {
      report = await this.batches.get(caller, id.toLowerCase());
      await tell();
    };
    const timer = setInterval(() => look().catch(() => {}), PROGRESS_EVERY_MS);
    stream.on('close', () => {
      clearInterval(timer);
      this.streams -= 1;
    });
    stream.write(`retry: ${RECONNECT_MS}\n\n`);
    await tell();
    await reply
      .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(stream);
  }

  private async command(caller: Caller, id: string, command: BatchCommand): Promise<Batch> {
    const outcome = await this.batches.command(caller, (await knownBatch(this.batches, caller, id)).id, command);
    if (!('refused' in outcome)) return batchView(outcome);
    if (outcome.refused === 'not_found') throw batchNotFound();
    throw new Refused('batch_state', `This batch cannot ${command} in its state`);
  }
}
