/** A tenant as URLs name it. */
export interface Named {
  id: string;
  name: string;
}

/** `Northwind & Co.` → `northwind-co`. Names without Latin letters have no slug and are known by their id. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** How each of these is written in a URL: its slug, or its id when that is empty, a page's name, or another one's too. */
export function slugsOf(tenants: readonly Named[], reserved: ReadonlySet<string> = new Set()): Map<string, string> {
  const count = new Map<string, number>();
  for (const { name } of tenants) count.set(slugOf(name), (count.get(slugOf(name)) ?? 0) + 1);
  return new Map(
    tenants.map(({ id, name }) => {
      const slug = slugOf(name);
      return [id, slug === '' || reserved.has(slug) || (count.get(slug) ?? 0) > 1 ? id : slug];
    }),
  );
}
