import { randomUUID } from 'node:crypto';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { CallbackUrls } from '#apps/api/dream-machine/callback-urls';
import { understandImage, understandVideo } from '#apps/api/dream-machine/understand';
import { Refused } from '#apps/api/errors/refused';
import { refusedSubmit } from '#apps/api/errors/refused-submit';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type DreamMachineGeneration, dreamMachineGeneration } from '#contracts/dream-machine/generation';
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
import type { GenerationEntity } from '#features/generations/generation.entity';
import { GenerationsService, type SubmitRequest } from '#features/generations/generations.service';
import { SignedUrls } from '#platform/storage/signed-urls';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Generations as Luma's Dream Machine API has them. */
@Controller()
export class DreamMachineGenerationsController {
  constructor(
    private readonly generations: GenerationsService,
    private readonly urls: SignedUrls,
    private readonly callbacks: CallbackUrls,
  ) {}

  @Operation(createImage)
  createImage(@CallerOf() caller: Caller, @Body(valid(createImage.body)) body: ImageRequest) {
    return this.submit(caller, understandImage(body));
  }

  @Operation(createVideo)
  createVideo(@CallerOf() caller: Caller, @Body(valid(createVideo.body)) body: VideoRequest) {
    return this.submit(caller, understandVideo(body));
  }

  @Operation(createVideoLegacy)
  createVideoLegacy(@CallerOf() caller: Caller, @Body(valid(createVideoLegacy.body)) body: VideoRequest) {
    return this.submit(caller, understandVideo(body));
  }

  @Operation(listGenerations)
  async list(@CallerOf() caller: Caller, @Query(valid(listGenerations.query, 'query')) { limit, offset }: ListQuery) {
    const { generations, count } = await this.generations.list(caller, { limit, offset });
    return { generations: generations.map((one) => this.view(one)), count, has_more: offset + generations.length < count, limit, offset };
  }

  @Operation(getGeneration)
  async get(@CallerOf() caller: Caller, @Param('id') id: string): Promise<DreamMachineGeneration> {
    const generation = await this.generations.get(caller, knownForm(id));
    if (!generation) throw notFound();
    return this.view(generation);
  }

  @Operation(deleteGeneration)
  async delete(@CallerOf() caller: Caller, @Param('id') id: string): Promise<void> {
    if ((await this.generations.delete(caller, knownForm(id))) === 'not_found') throw notFound();
  }

  private async submit(caller: Caller, request: SubmitRequest): Promise<DreamMachineGeneration> {
    this.callbacks.check(request.callbackUrl);
    const submitted = await this.generations.submit(caller, randomUUID(), request);
    if ('refused' in submitted) throw refusedSubmit(submitted);
    return this.view(submitted);
  }

  private view(generation: GenerationEntity): DreamMachineGeneration {
    return dreamMachineGeneration({ ...generation, everBegan: generation.firstBeganAt !== null }, (key) => this.urls.assetUrl(key));
  }
}

/** Some clients lower-case ids, others do not. What cannot be an id is simply not there. */
function knownForm(id: string): string {
  const lower = id.toLowerCase();
  if (!UUID.test(lower)) throw notFound();
  return lower;
}

function notFound(): Refused {
  return new Refused('not_found', 'Generation not found');
}
