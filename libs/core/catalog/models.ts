import type { Stage } from '#core/generations/stages';

/** The shape of a picture, as clients write it. */
export const ASPECT_RATIOS = ['1:1', '16:9', '9:16', '4:3', '3:4', '21:9', '9:21'] as const;
export type AspectRatio = (typeof ASPECT_RATIOS)[number];

interface ModelFacts {
  stages: readonly Stage[];
  /** Class of the pools whose lanes can run it. */
  poolClass: string;
  aspectRatios: readonly AspectRatio[];
  defaultAspectRatio: AspectRatio;
}

export interface VideoModel extends ModelFacts {
  kind: 'video';
  durations: readonly string[];
  defaultDuration: string;
  resolutions: readonly string[];
  defaultResolution: string;
  framesPerSecond: number;
}

export interface ImageModel extends ModelFacts {
  kind: 'image';
  formats: readonly ('jpg' | 'png')[];
  defaultFormat: 'jpg' | 'png';
  resolution: string;
}

export type Model = VideoModel | ImageModel;

/** All that can be asked for, in one table. */
export const MODELS: Readonly<Record<string, Model>> = {
  'ray-2': {
    kind: 'video',
    stages: ['moderate', 'plan', 'draft', 'judge', 'render', 'package', 'publish'],
    poolClass: 'halo-1',
    aspectRatios: ASPECT_RATIOS,
    defaultAspectRatio: '16:9',
    durations: ['5s', '9s'],
    defaultDuration: '5s',
    resolutions: ['540p', '720p'],
    defaultResolution: '720p',
    framesPerSecond: 24,
  },
  'photon-1': {
    kind: 'image',
    stages: ['moderate', 'plan', 'render', 'publish'],
    poolClass: 'halo-1',
    aspectRatios: ASPECT_RATIOS,
    defaultAspectRatio: '16:9',
    formats: ['jpg', 'png'],
    defaultFormat: 'jpg',
    resolution: '1080p',
  },
};

/** What published clients may ask for and Halogen does not make yet: refused by name, so that nobody takes it for a misspelling. */
export const MODELS_TO_COME: readonly string[] = ['ray-1-6', 'ray-1.6', 'ray-flash-2', 'photon-flash-1'];
export const RESOLUTIONS_TO_COME: readonly string[] = ['1080p', '4k'];

/** Models of one family are offered together: `ray-2` and `ray-flash-2` are of family `ray`. */
export function modelFamilyOf(model: string): string {
  return model.split('-')[0] as string;
}
