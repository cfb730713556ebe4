import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { byteRange } from '#apps/api/assets/byte-range';
import { Thumbnails } from '#apps/api/assets/thumbnails';
import { Refused } from '#apps/api/errors/refused';
import { ErasuresService } from '#features/retention/erasures.service';
import { contentTypeOf } from '#platform/storage/content-types';
import { ObjectStorage } from '#platform/storage/object-storage';
import { ASSETS_PATH, SignedUrls } from '#platform/storage/signed-urls';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Assets by signed, expiring URLs, without headers. They share the portal's origin, so a browser may run nothing in them. */
@ApiExcludeController()
@Controller(ASSETS_PATH)
export class AssetsController {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly urls: SignedUrls,
    private readonly erasures: ErasuresService,
    private readonly thumbnails: Thumbnails,
  ) {}

  @Get('*')
  async read(
    @Param('*') key: string,
    @Query() { expires = '', signature = '' }: Record<string, string>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const contentType = contentTypeOf(key);
    if (!contentType || !this.urls.allows('get', key, expires, signature)) {
      throw new Refused('link_refused', 'This link is not valid or has expired; fetch the generation again for a new one');
    }
    await this.thumbnails.ensure(key);
    const facts = await this.storage.stat(key);
    if (!facts) throw await this.missing(key);

    reply.headers({
      'content-type': contentType,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'private, max-age=3600, immutable',
      'accept-ranges': 'bytes',
      'last-modified': facts.modifiedAt.toUTCString(),
    });
    const range = byteRange(request.headers.range, facts.bytes);
    if (range === 'unsatisfiable') {
      await reply.status(416).header('content-range', `bytes */${facts.bytes}`).send();
      return;
    }
    const { start, end } = range ?? { start: 0, end: facts.bytes - 1 };
    if (range) reply.status(206).header('content-range', `bytes ${start}-${end}/${facts.bytes}`);
    reply.header('content-length', end - start + 1);
    await reply.send(request.method === 'HEAD' ? undefined : await this.storage.read(key, range));
  }

  /** Why there is no object under a key that was signed. */
  private async missing(key: string): Promise<Refused> {
    const [tenantId = '', generationId = ''] = key.split('/');
    const erasure = UUID.test(tenantId) && UUID.test(generationId) ? await this.erasures.ofGeneration(tenantId, generationId) : undefined;
    if (!erasure) return new Refused('not_found', 'This asset has been deleted');
    const why = erasure.rule === 'project_retention' ? 'its project keeps it no longer' : 'its generation was deleted';
    return new Refused('erased', `This asset was deleted at ${erasure.erasedAt.toISOString()}: ${why}`);
  }
}
