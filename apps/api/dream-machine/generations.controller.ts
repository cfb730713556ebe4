import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { DreamMachineSubmits, knownForm, notFound } from '#apps/api/dream-machine/submits';
import { valid } from '#apps/api/errors/valid';
import { metersHeaders } from '#apps/api/native/meters-view';
import { Operation } from '#apps/api/operation.decorator';
import type { DreamMachineGeneration } from '#contracts/dream-machine/generation';
import {
  createImage,
  createVideo,
  createVideoLegacy,
  deleteGeneration,
  getGeneration,
  listGenerations,
} from '#contracts/dream-machine/operations';
import type { ImageRequest, ListQuery, VideoRequest } from '#contracts/dream-machine/requests';
import type { Caller } from '#core/access/caller';
import { GenerationsService } from '#features/generations/generations.service';
import { GenerationMetersService } from '#features/scheduling/generation-meters.service';
import { understandImage } from '#features/understanding/image';
import { understandVideo } from '#features/understanding/video';

/** Generations as Luma's Dream Machine API has them. */
@Controller()
export class DreamMachineGenerationsController {
  constructor(
    private readonly generations: GenerationsService,
    private readonly submits: DreamMachineSubmits,
    private readonly meters: GenerationMetersService,
  ) {}

  @Operation(createImage)
  async createImage(
    @CallerOf() caller: Caller,
    @Body(valid(createImage.body)) body: ImageRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const created = await this.submits.submit(caller, reply, understandImage(body, this.submits.placeOf));
    if (!body.sync) return created;
    const generation = await this.submits.whenFinished(caller, created, body.sync_timeout);
    await this.tellMeters(caller, generation.id, reply);
    return this.submits.view(generation);
  }

  @Operation(createVideo)
  createVideo(
    @CallerOf() caller: Caller,
    @Body(valid(createVideo.body)) body: VideoRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.video(caller, reply, body);
  }

  @Operation(createVideoLegacy)
  createVideoLegacy(
    @CallerOf() caller: Caller,
    @Body(valid(createVideoLegacy.body)) body: VideoRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.video(caller, reply, body);
  }

  @Operation(listGenerations)
  async list(@CallerOf() caller: Caller, @Query(valid(listGenerations.query, 'query')) { limit, offset }: ListQuery) {
    const { generations, count } = await this.generations.list(caller, { limit, offset });
    return {
      generations: generations.map((one) => this.submits.view(one)),
      count,
      has_more: offset + generations.length < count,
      limit,
      offset,
    };
  }

  @Operation(getGeneration)
  async get(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DreamMachineGeneration> {
    const generation = await this.submits.known(caller, id);
    await this.tellMeters(caller, generation.id, reply);
    return this.submits.view(generation);
  }

  @Operation(deleteGeneration)
  async delete(@CallerOf() caller: Caller, @Param('id') id: string): Promise<void> {
    const known = knownForm(id);
    if (!known || (await this.generations.delete(caller, known)) === 'not_found') throw notFound();
  }

  private async tellMeters(caller: Caller, generationId: string, reply: FastifyReply): Promise<void> {
    const meters = await this.meters.of(caller.tenantId, generationId);
    if (meters) reply.headers(metersHeaders(meters));
  }

  private async video(caller: Caller, reply: FastifyReply, body: VideoRequest): Promise<DreamMachineGeneration> {
    const request = await understandVideo(body, this.submits.placeOf, (id) => this.submits.find(caller, id));
    return this.submits.submit(caller, reply, request);
  }
}
