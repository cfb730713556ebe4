import { useParams } from '@tanstack/react-router';
import { type MyTenant, useMe } from '#web/parts/api/session';
import { type Named, slugsOf } from '#web/parts/scope/slugs';

/** Which tenant the page is about: an agency, or one of its brands. */
export interface Scope {
  agency: MyTenant;
  brand: Named | undefined;
  tenantId: string;
  /** What may be done here. Pages show by action, never by role. */
  may(action: string): boolean;
  /** `/generations` → `/northwind/cola/generations`. */
  path(page: string): string;
}

/** First segments of pages: a brand of that name is written by its id. */
export const PAGE_NAMES = new Set(['generations', 'campaigns', 'capacity', 'spend', 'developers', 'organization']);
/** First segments that are no agency. */
const RESERVED_NAMES = new Set([
  ...PAGE_NAMES,
  'admin',
  'setup',
  'sign-in',
  'api',
  'docs',
  'assets',
  'health',
  'dream-machine',
  'web-files',
  'review',
  'share',
  'scim',
]);

export function scopeOf(tenants: readonly MyTenant[], agencySlug: string, brandSlug: string | undefined): Scope | undefined {
  const agencySlugs = slugsOf(tenants, RESERVED_NAMES);
  const agency = tenants.find(({ id }) => agencySlugs.get(id) === agencySlug || id === agencySlug);
  if (!agency) return undefined;
  const brandSlugs = slugsOf(agency.brands, PAGE_NAMES);
  const brand = brandSlug === undefined ? undefined : agency.brands.find(({ id }) => brandSlugs.get(id) === brandSlug || id === brandSlug);
  if (brandSlug !== undefined && !brand) return undefined;
  return {
    agency,
    brand,
    tenantId: brand?.id ?? agency.id,
    may: (action) => agency.actions.includes(action),
    path: (page) => pathOf(tenants, agency, brand, page),
  };
}

export function pathOf(tenants: readonly MyTenant[], agency: MyTenant, brand: Named | undefined, page: string): string {
  const brandSlug = brand && slugsOf(agency.brands, PAGE_NAMES).get(brand.id);
  return `/${[slugsOf(tenants, RESERVED_NAMES).get(agency.id), brandSlug].filter(Boolean).join('/')}${page === '/' ? '' : page}`;
}

/** Of a page below the scope's route, which shows nothing until the scope is known. */
export function useScope(): Scope {
  const me = useMe();
  const { agency, brand } = useParams({ strict: false }) as { agency?: string; brand?: string };
  const scope = me && agency ? scopeOf(me.tenants, agency, brand) : undefined;
  if (!scope) throw new Error('no scope: this page is not below the route of one');
  return scope;
}
