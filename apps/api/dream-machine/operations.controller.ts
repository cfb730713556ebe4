import { Body, Controller, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { DreamMachineSubmits } from '#apps/api/dream-machine/submits';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { addAudio, modifyVideo, reframeImage, reframeVideo, upscaleVideo } from '#contracts/dream-machine/operations';
import type {
  AudioRequest,
  ModifyVideoRequest,
  ReframeImageRequest,
  ReframeVideoRequest,
  UpscaleRequest,
} from '#contracts/dream-machine/requests';
import type { Caller } from '#core/access/caller';
import {
  understandAudio,
  understandModify,
  understandReframeImage,
  understandReframeVideo,
  understandUpscale,
} from '#features/understanding/operations';

/** New generations from what is there already: a result of ours, or a video or image of the customer's. */
@Controller()
export class DreamMachineOperationsController {
  constructor(private readonly submits: DreamMachineSubmits) {}

  @Operation(reframeImage)
  reframeImage(
    @CallerOf() caller: Caller,
    @Body(valid(reframeImage.body)) body: ReframeImageRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.submits.submit(caller, reply, understandReframeImage(body, this.submits.placeOf));
  }

  @Operation(reframeVideo)
  reframeVideo(
    @CallerOf() caller: Caller,
    @Body(valid(reframeVideo.body)) body: ReframeVideoRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.submits.submit(caller, reply, understandReframeVideo(body, this.submits.placeOf));
  }

  @Operation(modifyVideo)
  modifyVideo(
    @CallerOf() caller: Caller,
    @Body(valid(modifyVideo.body)) body: ModifyVideoRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.submits.submit(caller, reply, understandModify(body, this.submits.placeOf));
  }

  @Operation(upscaleVideo)
  async upscale(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(valid(upscaleVideo.body)) body: UpscaleRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.submits.submit(caller, reply, understandUpscale(body, await this.submits.known(caller, id)));
  }

  @Operation(addAudio)
  async audio(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(valid(addAudio.body)) body: AudioRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.submits.submit(caller, reply, understandAudio(body, await this.submits.known(caller, id)));
  }
}
