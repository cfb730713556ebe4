import type { ResourceSchema } from '#core/directory/attributes';
import { type Filter, parseFilter } from '#core/directory/filter';
import { matches, requiredEquals } from '#core/directory/filter-matches';
import type { JsonObject } from '#core/directory/json';
import { DEFAULT_PAGE_RESOURCES, MAX_PAGE_RESOURCES } from '#core/directory/limits';
import type { Wanted } from '#core/directory/shown-attributes';

export interface ListWish extends Wanted {
  filter?: string;
  /** Of the first resource, counted from 1. */
  startIndex?: number;
  count?: number;
}

export interface ResourcePage {
  total: number;
  startIndex: number;
  resources: JsonObject[];
}

/** Where a page begins and how long it is: what is asked for beyond the bounds is answered within them (RFC 7644 §3.4.2.4). */
export function boundsOf({ startIndex = 1, count = DEFAULT_PAGE_RESOURCES }: ListWish) {
  return { startIndex: Math.max(1, startIndex), count: Math.min(MAX_PAGE_RESOURCES, Math.max(0, count)) };
}

/** The resources of a filter that fit, as one page. */
export function pageOf(candidates: readonly JsonObject[], filter: Filter, wish: ListWish, schema: ResourceSchema): ResourcePage {
  const fitting = candidates.filter((one) => matches(filter, one, schema));
  const { startIndex, count } = boundsOf(wish);
  return { total: fitting.length, startIndex, resources: fitting.slice(startIndex - 1, startIndex - 1 + count) };
}

/** A filter, and what the database can look up by it: a condition for each column that it fixes, with its value. */
export function lookUpOf(text: string, schema: ResourceSchema, columns: Readonly<Record<string, (parameter: string) => string>>) {
  const filter = parseFilter(text);
  const found = requiredEquals(filter, schema).filter(({ name }) => columns[name]);
  const conditions = found.map(({ name }, at) => columns[name]?.(`$${at + 2}`)); // $1 is the tenant
  return { filter, where: ['true', ...conditions].join(' AND '), values: found.map(({ value }) => value) };
}
