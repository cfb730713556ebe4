/** The shape of a picture, as clients write it. */
export const ASPECT_RATIOS = ['1:1', '16:9', '9:16', '4:3', '3:4', '21:9', '9:21'] as const;
export type AspectRatio = (typeof ASPECT_RATIOS)[number];

export interface SizePx {
  widthPx: number;
  heightPx: number;
}

interface ModelFacts {
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
  /** Set when the model has one length and one size a ratio, and refuses to be told either. */
  fixed?: { apiName: string; sizes: Readonly<Record<AspectRatio, SizePx>> };
  /** What it can do with a video that is there: upscaling and audio are no model's own and stand in `operations`. */
  remakes: { longestSourceS: number } | null;
}

export interface ImageModel extends ModelFacts {
  kind: 'image';
  formats: readonly ('jpg' | 'png')[];
  defaultFormat: 'jpg' | 'png';
  resolution: string;
}

export type Model = VideoModel | ImageModel;

const RAY_2 = {
  kind: 'video',
  poolClass: 'halo-1',
  aspectRatios: ASPECT_RATIOS,
  defaultAspectRatio: '16:9',
  durations: ['5s', '9s'],
  defaultDuration: '5s',
  resolutions: ['540p', '720p', '1080p', '4k'],
  defaultResolution: '720p',
  framesPerSecond: 24,
  remakes: { longestSourceS: 10 },
} satisfies VideoModel;

const PHOTON_1 = {
  kind: 'image',
  poolClass: 'halo-1',
  aspectRatios: ASPECT_RATIOS,
  defaultAspectRatio: '16:9',
  formats: ['jpg', 'png'],
  defaultFormat: 'jpg',
  resolution: '1080p',
} satisfies ImageModel;

/** All that can be asked for, in one table. */
export const MODELS: Readonly<Record<string, Model>> = {
  'ray-2': RAY_2,
  'ray-flash-2': { ...RAY_2, remakes: { longestSourceS: 15 } },
  'ray-1-6': {
    ...RAY_2,
    durations: ['5s'],
    resolutions: ['752p'],
    defaultResolution: '752p',
    fixed: {
      apiName: 'Ray 1.6',
      // About a million pixels in every shape, both sides multiples of 8.
      sizes: {
        '1:1': { widthPx: 1008, heightPx: 1008 },
        '16:9': { widthPx: 1360, heightPx: 752 },
        '9:16': { widthPx: 752, heightPx: 1360 },
        '4:3': { widthPx: 1168, heightPx: 880 },
        '3:4': { widthPx: 880, heightPx: 1168 },
        '21:9': { widthPx: 1552, heightPx: 664 },
        '9:21': { widthPx: 664, heightPx: 1552 },
      },
    },
    remakes: null,
  },
  'photon-1': PHOTON_1,
  'photon-flash-1': PHOTON_1,
};

/** Models of one family are offered together: `ray-2` and `ray-flash-2` are of family `ray`. */
export function modelFamilyOf(model: string): string {
  return model.split('-')[0] as string;
}

/** Other spellings that published clients send. */
const ALIASES: Readonly<Record<string, string>> = { 'ray-1.6': 'ray-1-6' };

/** A model's name as the table has it, whatever a client calls it. */
export function modelNameOf(name: string): string {
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
}
