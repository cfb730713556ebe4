import { useNavigate, useSearch } from '@tanstack/react-router';

export type Search = Record<string, string | undefined>;

/** What the page shows, as its URL says it, and how to change that. A change replaces the entry, so that Back leaves the page. */
export function useUrl(): [Search, (change: Record<string, string | null | undefined>) => void] {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const search: Search = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, String(value)]));
  const navigate = useNavigate();
  const change = (next: Record<string, string | null | undefined>) =>
    void navigate({
      to: '.',
      search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)) as never,
      replace: true,
      resetScroll: false,
    });
  return [search, change];
}
