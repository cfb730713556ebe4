import { Controller, Get, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Refused } from '#apps/api/errors/refused';
import { DREAM_MACHINE_PREFIX } from '#contracts/dream-machine/operations';

/** Routes that published clients know and Halogen does not have yet: refused by name, so that nobody looks for a misspelt URL. */
@ApiExcludeController()
@Controller(DREAM_MACHINE_PREFIX)
export class DreamMachineToComeController {
  @Get('generations/concepts/list')
  concepts() {
    throw toCome('Listing concepts');
  }

  @Get('generations/camera_motion/list')
  cameraMotions() {
    throw toCome('Listing camera motions');
  }

  @Post('generations/image/reframe')
  reframeImage() {
    throw toCome('Reframing an image');
  }

  @Post('generations/video/reframe')
  reframeVideo() {
    throw toCome('Reframing a video');
  }

  @Post('generations/video/modify')
  modifyVideo() {
    throw toCome('Modifying a video');
  }

  @Post('generations/:id/upscale')
  upscale() {
    throw toCome('Upscaling');
  }

  @Post('generations/:id/audio')
  audio() {
    throw toCome('Adding audio');
  }
}

function toCome(what: string): Refused {
  return new Refused('not_supported_yet', `${what} is not supported yet`);
}
