import { z } from 'zod';
import { DreamMachineGeneration } from '#contracts/dream-machine/generation';
import { ImageRequest, ListQuery, VideoRequest } from '#contracts/dream-machine/requests';
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
