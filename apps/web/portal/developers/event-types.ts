import { useQuery } from '@tanstack/react-query';
import { listEventTypesOptions } from '#sdk/@tanstack/react-query.gen';
import type { CreateWebhookEndpointData } from '#sdk/types.gen';

export type EventName = NonNullable<NonNullable<CreateWebhookEndpointData['body']>['eventTypes']>[number];

/** The names of all events that there are, and of their families; none until they are known. They change with a release, not while one looks. */
export function useEventNames(): { names: string[]; families: string[] } {
  const { data } = useQuery({ ...listEventTypesOptions(), staleTime: Number.POSITIVE_INFINITY });
  const names = data?.eventTypes.map(({ type }) => type) ?? [];
  return { names, families: [...new Set(names.map((name) => `${name.slice(0, name.indexOf('.'))}.*`))] };
}
