import { Readable } from 'node:stream';
import { Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { archiveOf } from '#apps/api/native/batch-archive';
import { errorsAsCsv, errorsAsJson, manifestAsCsv, manifestAsJson } from '#apps/api/native/batch-files';
import { knownBatch } from '#apps/api/native/known-batch';
import { Operation } from '#apps/api/operation.decorator';
import {
  type ArchiveQuery,
  type FileQuery,
  getBatchArchive,
  getBatchManifest,
  getContactSheet,
  listBatchErrors,
} from '#contracts/native/batches';
import type { Caller } from '#core/access/caller';
import { contactSheetKey } from '#core/ingestion/contact-sheets';
import { BatchFilesService } from '#features/ingestion/batch-files.service';
import { BatchesService } from '#features/ingestion/batches.service';
import { ObjectStorage } from '#platform/storage/object-storage';
import { SignedUrls } from '#platform/storage/signed-urls';

/** What came of a batch, as files: errors, manifest, archive and contact sheets. */
@Controller()
export class BatchResultsController {
  constructor(
    private readonly batches: BatchesService,
    private readonly files: BatchFilesService,
    private readonly urls: SignedUrls,
    private readonly storage: ObjectStorage,
  ) {}

  @Operation(listBatchErrors)
  async errors(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(listBatchErrors.query, 'query')) { format, afterRow }: FileQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const { tenantId, id: batchId } = await knownBatch(this.batches, caller, id);
    const pages = this.files.errors(tenantId, batchId, afterRow);
    await sendFile(reply, format, `errors-${batchId}`, format === 'csv' ? errorsAsCsv(pages) : errorsAsJson(pages));
  }

  @Operation(getBatchManifest)
  async manifest(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(getBatchManifest.query, 'query')) { format, afterRow }: FileQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const { tenantId, id: batchId } = await knownBatch(this.batches, caller, id);
    const pages = this.files.manifest(tenantId, batchId, afterRow);
    const assetUrl = (key: string) => this.urls.assetUrl(key);
    await sendFile(
      reply,
      format,
      `manifest-${batchId}`,
      format === 'csv' ? manifestAsCsv(pages, assetUrl) : manifestAsJson(pages, assetUrl),
    );
  }

  @Operation(getBatchArchive)
  async archive(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(getBatchArchive.query, 'query')) { afterRow }: ArchiveQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const { tenantId, id: batchId } = await knownBatch(this.batches, caller, id);
    await reply
      .headers({
        'content-type': 'application/zip',
        'content-disposition': `attachment; filename="assets-${batchId}.zip"`,
        'cache-control': 'no-store',
      })
      .send(archiveOf(this.files.manifest(tenantId, batchId, afterRow), this.storage));
  }

  @Operation(getContactSheet)
  async sheet(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('sheet') sheet: string,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const { tenantId, id: batchId, sheets } = await knownBatch(this.batches, caller, id);
    const number = /^[1-9]\d{0,5}$/.test(sheet) ? Number(sheet) : 0;
    if (number < 1 || number > sheets) throw new Refused('not_found', 'There is no such sheet, or not yet');
    await reply
      .headers({ 'content-type': 'image/jpeg', 'x-content-type-options': 'nosniff', 'cache-control': 'private, max-age=3600' })
      .send(await this.storage.read(contactSheetKey(tenantId, batchId, number)));
  }
}

async function sendFile(reply: FastifyReply, format: 'ndjson' | 'csv', name: string, text: AsyncIterable<string>): Promise<void> {
  const contentType = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8';
  await reply
    .headers({
      'content-type': contentType,
      'content-disposition': `attachment; filename="${name}.${format}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    .send(Readable.from(text));
}
