/** What is done: something new, or something with a video or an image that is there. */
export const OPERATIONS = ['create', 'upscale', 'add_audio', 'reframe', 'modify'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** How far a modified video may leave its source, nearest first. */
export const MODIFY_MODES = [
  'adhere_1',
  'adhere_2',
  'adhere_3',
  'flex_1',
  'flex_2',
  'flex_3',
  'reimagine_1',
  'reimagine_2',
  'reimagine_3',
] as const;
export type ModifyMode = (typeof MODIFY_MODES)[number];

/** Where a reframed source stands. All in pixels; absent means: whole, as large as fits, in the middle. */
export interface Placement {
  /** Upper left corner in the result. */
  gridPositionX?: number;
  gridPositionY?: number;
  /** Size in the result. */
  resizedWidth?: number;
  resizedHeight?: number;
  /** The part of the source that is kept. */
  xStart?: number;
  xEnd?: number;
  yStart?: number;
  yEnd?: number;
}

/** Everything about a generation besides prompt, seed and output. A node gets it without the places its inputs come from. */
export interface Treatment {
  operation: Operation;
  /** The last frame leads back to the first. */
  loop: boolean;
  concepts: string[];
  mode: ModifyMode | null;
  placement: Placement | null;
  /** Of `add_audio`, whose prompt is the generation's own. */
  negativePrompt: string | null;
  /** Input name → how much it counts, 0…1. */
  weights: Record<string, number>;
}

/** What an input is made into before a node gets it: one picture, or a video. */
export type InputKind = 'image' | 'video';

/** A medium that the caller brought along. */
export interface RecipeInput {
  /** `frame0`, `frame1`; `image1`…, `style1`…, `character1`…, `modify`; `media`, `first_frame`; `source`. */
  name: string;
  kind: InputKind;
  from: InputPlace;
}

/** A customer's URL, or an object of our storage; of a video there the picture that is meant. */
export type InputPlace = { url: string } | { asset: string; take: 'whole' | 'first_frame' | 'last_frame' };

export interface Recipe extends Treatment {
  inputs: RecipeInput[];
}

/** A new picture or clip from its prompt alone. */
export const PLAIN_RECIPE: Recipe = {
  operation: 'create',
  loop: false,
  concepts: [],
  mode: null,
  placement: null,
  negativePrompt: null,
  weights: {},
  inputs: [],
};

/** Whether nothing would be lost without it. */
export function isPlainRecipe({ operation, loop, concepts, inputs }: Recipe): boolean {
  return operation === 'create' && !loop && concepts.length === 0 && inputs.length === 0;
}

/** What a node may know of a recipe. */
export function treatmentOf({ inputs: _inputs, ...treatment }: Recipe): Treatment {
  return treatment;
}
