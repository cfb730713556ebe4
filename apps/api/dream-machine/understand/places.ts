import type { InputPlace } from '#core/generations/recipe';
import type { SignedUrls } from '#platform/storage/signed-urls';

/** Says where a URL's medium is read from. */
export type PlaceOf = (url: string) => InputPlace;

/** A link to an asset of ours names an object of our storage: it is read from there, so it works whatever addresses may be called. */
export function placesOf(urls: SignedUrls): PlaceOf {
  return (url) => {
    const asset = urls.keyOfAssetUrl(url);
    return asset === undefined ? { url } : { asset, take: 'whole' };
  };
}
