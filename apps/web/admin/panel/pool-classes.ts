import { useQuery } from '@tanstack/react-query';
import { getCapacityOptions } from '#sdk/@tanstack/react-query.gen';
import type { Capacity } from '#sdk/types.gen';

/** The pool classes, and what of them is sold today. */
export function usePoolClasses(): {
  data: NonNullable<Capacity['poolClasses']> | undefined;
  error: Error | undefined;
  isPending: boolean;
  retry(): void;
} {
  const { data, error, isPending, refetch } = useQuery({ ...getCapacityOptions(), staleTime: 30_000 });
  return {
    data: data && (data.poolClasses ?? []),
    error: (error as unknown as Error) ?? undefined,
    isPending,
    retry: () => void refetch(),
  };
}
