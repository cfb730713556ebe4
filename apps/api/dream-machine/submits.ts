import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallbackUrls } from '#apps/api/dream-machine/callback-urls';
import { Refused } from '#apps/api/errors/refused';
import { refusedSubmit } from '#apps/api/errors/refused-submit';
import { submittedHeaders } from '#apps/api/native/meters-view';
import { type DreamMachineGeneration, dreamMachineGeneration } from '#contracts/dream-machine/generation';
import type { Caller } from '#core/access/caller';
import type { GenerationEntity } from '#features/generations/generation.entity';
import { GenerationWatch } from '#features/generations/generation-watch';
import { GenerationsService, type SubmitRequest } from '#features/generations/generations.service';
import { type Media, type PlaceOf, placesOf } from '#features/understanding/media.service';
import { SignedUrls } from '#platform/storage/signed-urls';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** How long a synchronous request waits: below the 60 s after which published clients give up. */
const DEFAULT_SYNC_SECONDS = 50;
const MAX_SYNC_SECONDS = 55;

/** What all routes of Dream Machine that create or show generations share. */
@Injectable()
export class DreamMachineSubmits {
  readonly placeOf: PlaceOf;

  constructor(
    private readonly generations: GenerationsService,
    private readonly watch: GenerationWatch,
    private readonly urls: SignedUrls,
    private readonly callbacks: CallbackUrls,
  ) {
    this.placeOf = placesOf(urls);
  }

  /** @param reply is told in headers what the body has no place for @throws Refused */
  async submit(caller: Caller, reply: FastifyReply, request: SubmitRequest): Promise<DreamMachineGeneration> {
    this.callbacks.check(request.callbackUrl);
    // Version 4, as published clients expect; our own API's ids grow with time instead.
    const submitted = await this.generations.submit(caller, randomUUID(), request);
    if ('refused' in submitted) throw refusedSubmit(submitted);
    reply.headers(submittedHeaders(submitted));
    return this.view(submitted);
  }

  /** The generation once it has ended, or as it is when the time is over. @param timeoutSeconds as the client asks; bounded */
  async whenFinished(caller: Caller, { id }: DreamMachineGeneration, timeoutSeconds: number | null | undefined): Promise<GenerationEntity> {
    const seconds = Math.min(timeoutSeconds ?? DEFAULT_SYNC_SECONDS, MAX_SYNC_SECONDS);
    await this.watch.untilFinal({ tenantId: caller.tenantId, id }, seconds * 1_000);
    return this.known(caller, id);
  }

  /** How the media of a caller's request are found. */
  mediaOf(caller: Caller): Media {
    return { placeOf: this.placeOf, find: (id) => this.find(caller, id), urlOf: (key) => this.urls.assetUrl(key) };
  }

  /** A generation of the caller's, by an id as a client wrote it. */
  async find(caller: Caller, id: string): Promise<GenerationEntity | null> {
    const known = knownForm(id);
    return known ? this.generations.get(caller, known) : null;
  }

  /** @throws Refused when there is none */
  async known(caller: Caller, id: string): Promise<GenerationEntity> {
    const generation = await this.find(caller, id);
    if (!generation) throw notFound();
    return generation;
  }

  view(generation: GenerationEntity): DreamMachineGeneration {
    return dreamMachineGeneration({ ...generation, everBegan: generation.firstBeganAt !== null }, (key) => this.urls.assetUrl(key));
  }
}

/** Some clients lower-case ids, others do not. What cannot be an id is simply not there. */
export function knownForm(id: string): string | undefined {
  const lower = id.toLowerCase();
  return UUID.test(lower) ? lower : undefined;
}

export function notFound(): Refused {
  return new Refused('not_found', 'Generation not found');
}
