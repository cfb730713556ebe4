import { useQuery } from '@tanstack/react-query';
import { getCapacityCalendarOptions } from '#sdk/@tanstack/react-query.gen';

const DAY_MS = 86_400_000;
/** The book is drawn to the end of 2029, and at least for a year. */
const DRAWN_UNTIL_MS = Date.UTC(2030, 0, 1);
const MIN_DAYS = 366;

export function useCalendar(poolClass: string) {
  const days = Math.max(MIN_DAYS, Math.floor((DRAWN_UNTIL_MS - Date.now()) / DAY_MS) + 1);
  return useQuery(getCapacityCalendarOptions({ query: { poolClass, days } }));
}

/** Where its lanes are, or will be. */
export function useSites(poolClass: string): string[] {
  const { data } = useCalendar(poolClass);
  return [...new Set((data?.phases ?? []).map(({ siteId }) => siteId))];
}
