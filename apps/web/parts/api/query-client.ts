import { QueryClient } from '@tanstack/react-query';
import { ProblemError } from '#web/parts/api/problem';

const MAX_RETRIES = 2;

/** What the API refused is not asked again; what could not be reached is, twice. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < MAX_RETRIES && (!(error instanceof ProblemError) || error.status === 0 || error.status >= 502),
    },
  },
});
