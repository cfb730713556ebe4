import type { Output } from '#core/catalog/quote';
import type { InputPlace } from '#core/generations/recipe';
import type { GenerationState } from '#core/generations/state';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import type { SignedUrls } from '#platform/storage/signed-urls';

/** Says where a URL's medium is read from. */
export type PlaceOf = (url: string) => InputPlace;

/** A generation that another one starts from. */
export interface SourceGeneration {
  model: string;
  state: GenerationState;
  output: Output;
  assets: { image?: string; video?: string } | null;
  request: Record<string, unknown>;
}

/** Finds a generation of the caller's by an id as a client wrote it. */
export type FindSource = (id: string) => Promise<SourceGeneration | null>;

/** How the media of a request are found. */
export interface Media {
  placeOf: PlaceOf;
  find: FindSource;
  /** A URL of ours for an object of our storage. */
  urlOf(key: string): string;
}

/** A link to an asset of ours names an object of our storage: it is read from there, so it works whatever addresses may be called. */
export function placesOf(urls: SignedUrls): PlaceOf {
  return (url) => {
    const asset = urls.keyOfAssetUrl(url);
    return asset === undefined ? { url } : { asset, take: 'whole' };
  };
}

/** What a finished generation left. @throws Misunderstood for one that is not, or will never be, finished */
export function completedAssets({ state, assets }: SourceGeneration, what: string): { image: string; video?: string } {
  const { image, video } = assets ?? {};
  if (state !== 'completed' || !image) throw new Misunderstood('unusable_input', `${what} is not completed`);
  return { image, video };
}
