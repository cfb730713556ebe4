import type { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Refused } from '#apps/api/errors/refused';
import { contentTypeOf } from '#platform/storage/content-types';
import { ObjectExists, ObjectStorage, ObjectTooLarge } from '#platform/storage/object-storage';
import { SignedUrls, UPLOADS_PATH } from '#platform/storage/signed-urls';

/** The largest artifact a stage may leave. */
export const MAX_ARTIFACT_BYTES = 2_000_000_000;

/** Where nodes put what a stage made: create-only, by signed URLs that expire with the lease. */
@ApiExcludeController()
@Controller(UPLOADS_PATH)
export class UploadsController {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly urls: SignedUrls,
  ) {}

  @Put('*')
  @HttpCode(201)
  async create(@Param('*') key: string, @Query() { expires = '', signature = '' }: Record<string, string>, @Body() content: Readable) {
    if (!this.urls.allows('put', key, expires, signature))
      throw new Refused('link_refused', 'This upload link is not valid or has expired');
    const contentType = contentTypeOf(key);
    if (!contentType) throw new Refused('unsupported_media_type', 'Nothing of this type is kept');
    try {
      const { bytes } = await this.storage.create(key, content, { contentType, maxBytes: MAX_ARTIFACT_BYTES });
      return { bytes };
    } catch (error) {
      if (error instanceof ObjectExists) throw new Refused('already_exists', 'There is an object under this key');
      if (error instanceof ObjectTooLarge) throw new Refused('too_large', error.message);
      throw error;
    }
  }
}
