import { useNavigate, useSearch } from '@tanstack/react-router';

/** What is chosen of a filter; empty and null take a choice back. */
export type Change<Filter> = { [Name in keyof Filter]?: Filter[Name] | string | null };

/** A filter that lives in the URL. What it does not know of there it leaves out. */
export function useFilter<Filter extends object>(read: (search: Readonly<Record<string, unknown>>) => Filter) {
  const navigate = useNavigate();
  const filter = read(useSearch({ strict: false }) as Record<string, unknown>);
  const write = (search: object) => void navigate({ to: '.', search: search as never });
  return {
    filter,
    isFiltered: Object.keys(filter).length > 0,
    choose: (change: Change<Filter>) => write(chosenOf({ ...filter, ...change })),
    clear: () => write({}),
  };
}

/** Without what is not chosen, so that an unfiltered list has one address. */
export function chosenOf<Filter extends object>(filter: Filter): { [Name in keyof Filter]?: NonNullable<Filter[Name]> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value)) as { [Name in keyof Filter]?: NonNullable<Filter[Name]> };
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
