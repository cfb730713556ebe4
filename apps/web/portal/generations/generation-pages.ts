import { type InfiniteData, replaceEqualDeep } from '@tanstack/react-query';
import type { Generation, ListGenerationsResponse } from '#sdk/types.gen';
import { newerOf } from '#web/portal/generations/newer';

/** A list of generations as far as it was read. Events and answers both write into it. */
export type GenerationPages = InfiniteData<ListGenerationsResponse>;

export function withChanged(data: GenerationPages, changed: Generation): GenerationPages {
  return {
    ...data,
    pages: data.pages.map((page) =>
      page.generations.some(({ id }) => id === changed.id)
        ? { ...page, generations: page.generations.map((one) => (one.id === changed.id ? changed : one)) }
        : page,
    ),
  };
}

/**
 * An answer that was on its way while an event came is older than the event: what it says of that generation is left out.
 * Equal pages stay the same object: a new one on each render would render without end.
 */
export function keepNewer(before: GenerationPages | undefined, after: GenerationPages): GenerationPages {
  const known = new Map(before?.pages.flatMap(({ generations }) => generations.map((one) => [one.id, one] as const)));
  return replaceEqualDeep(before, {
    ...after,
    pages: after.pages.map((page) => ({ ...page, generations: page.generations.map((one) => newerOf(known.get(one.id), one)) })),
  });
}
