import { z } from 'zod';
import { DreamMachineGeneration } from '#contracts/dream-machine/generation';
import {
  AudioRequest,
  ImageRequest,
  ListQuery,
  ModifyVideoRequest,
  ReframeImageRequest,
  ReframeVideoRequest,
  UpscaleRequest,
  VideoRequest,
} from '#contracts/dream-machine/requests';
import type { OperationContract } from '#contracts/operation';

export const DREAM_MACHINE_PREFIX = '/dream-machine/v1';

const at = (path: string) => `${DREAM_MACHINE_PREFIX}${path}`;

export const ping = {
  id: 'dreamMachinePing',
  method: 'GET',
  path: at('/ping'),
  status: 200,
  scope: null,
  summary: 'Says that the API answers.',
  response: z.object({ message: z.literal('pong') }),
} satisfies OperationContract;

export const getCredits = {
  id: 'dreamMachineGetCredits',
  method: 'GET',
  path: at('/credits'),
  status: 200,
  scope: 'ledger:read',
  summary: 'What is left to spend, in US cents at list price.',
  response: z.object({ credit_balance: z.number() }),
} satisfies OperationContract;

export const createImage = {
  id: 'dreamMachineCreateImage',
  method: 'POST',
  path: at('/generations/image'),
  status: 201,
  scope: 'generations:write',
  summary: 'Ask for an image. It is priced, reserved and queued at once.',
  body: ImageRequest,
  response: DreamMachineGeneration,
} satisfies OperationContract;

export const createVideo = {
  id: 'dreamMachineCreateVideo',
  method: 'POST',
  path: at('/generations/video'),
  status: 201,
  scope: 'generations:write',
  summary: 'Ask for a video. It is priced, reserved and queued at once.',
  body: VideoRequest,
  response: DreamMachineGeneration,
} satisfies OperationContract;

/** The path of older clients. */
export const createVideoLegacy = {
  ...createVideo,
  id: 'dreamMachineCreateVideoLegacy',
  path: at('/generations'),
} satisfies OperationContract;

export const reframeImage = {
  id: 'dreamMachineReframeImage',
  method: 'POST',
  path: at('/generations/image/reframe'),
  status: 201,
  scope: 'generations:write',
  summary: 'Ask for an image in another shape, with more around it.',
  body: ReframeImageRequest,
  response: DreamMachineGeneration,
} satisfies OperationContract;

export const reframeVideo = {
  id: 'dreamMachineReframeVideo',
  method: 'POST',
  path: at('/generations/video/reframe'),
  status: 201,
  scope: 'generations:write',
  summary: 'Ask for a video in another shape, with more around it.',
  body: ReframeVideoRequest,
  response: DreamMachineGeneration,
} satisfies OperationContract;

export const modifyVideo = {
  id: 'dreamMachineModifyVideo',
  method: 'POST',
  path: at('/generations/video/modify'),
  status: 201,
  scope: 'generations:write',
  summary: 'Ask for a video made anew, as near to its source as the mode says.',
  body: ModifyVideoRequest,
  response: DreamMachineGeneration,
} satisfies OperationContract;

export const upscaleVideo = {
  id: 'dreamMachineUpscale',
  method: 'POST',
  path: at('/generations/:id/upscale'),
  status: 201,
  scope: 'generations:write',
  summary: 'Ask for a larger version of a video: a new generation with its own price.',
  body: UpscaleRequest,
  response: DreamMachineGeneration,
} satisfies OperationContract;

export const addAudio = {
  id: 'dreamMachineAddAudio',
  method: 'POST',
  path: at('/generations/:id/audio'),
  status: 201,
  scope: 'generations:write',
  summary: 'Ask for a video with sound: a new generation with its own price.',
  body: AudioRequest,
  response: DreamMachineGeneration,
} satisfies OperationContract;

export const listConcepts = {
  id: 'dreamMachineListConcepts',
  method: 'GET',
  path: at('/generations/concepts/list'),
  status: 200,
  scope: 'generations:read',
  summary: 'Keys that `concepts` may name.',
  response: z.array(z.string()),
} satisfies OperationContract;

export const listCameraMotions = {
  id: 'dreamMachineListCameraMotions',
  method: 'GET',
  path: at('/generations/camera_motion/list'),
  status: 200,
  scope: 'generations:read',
  summary: 'Camera motions that a prompt may ask for in these words.',
  response: z.array(z.string()),
} satisfies OperationContract;

export const getGeneration = {
  id: 'dreamMachineGetGeneration',
  method: 'GET',
  path: at('/generations/:id'),
  status: 200,
  scope: 'generations:read',
  summary: 'One generation. Asset URLs are minted anew with each answer.',
  response: DreamMachineGeneration,
} satisfies OperationContract;

export const listGenerations = {
  id: 'dreamMachineListGenerations',
  method: 'GET',
  path: at('/generations'),
  status: 200,
  scope: 'generations:read',
  summary: 'Generations of the tenant, newest first. `count` stops at 10,000.',
  query: ListQuery,
  response: z.object({
    generations: z.array(DreamMachineGeneration),
    count: z.number().int(),
    has_more: z.boolean(),
    limit: z.number().int(),
    offset: z.number().int(),
  }),
} satisfies OperationContract;

export const deleteGeneration = {
  id: 'dreamMachineDeleteGeneration',
  method: 'DELETE',
  path: at('/generations/:id'),
  status: 204,
  scope: 'generations:write',
  summary: 'Delete a generation; an unfinished one is cancelled first and costs nothing.',
} satisfies OperationContract;
