import { Controller } from '@nestjs/common';
import { Operation } from '#apps/api/operation.decorator';
import { listCameraMotions, listConcepts } from '#contracts/dream-machine/operations';
import { CAMERA_MOTIONS, CONCEPT_KEYS } from '#core/catalog/camera-moves';

/** What a request may name, as bare arrays. */
@Controller()
export class DreamMachineListsController {
  @Operation(listConcepts)
  concepts() {
    return CONCEPT_KEYS;
  }

  @Operation(listCameraMotions)
  cameraMotions() {
    return CAMERA_MOTIONS;
  }
}
