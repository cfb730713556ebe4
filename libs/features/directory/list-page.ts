import type { ResourceSchema } from '#core/directory/attributes';
import { parseFilter } from '#core/directory/filter';
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

/** How resources of one kind are found, of one directory. */
interface ResourceSource {
  schema: ResourceSchema;
  /** What the table can look up by: a condition for each attribute, given its parameter. */
  columns: Readonly<Record<string, (parameter: string) => string>>;
  /** @param values from $2 on; $1 is the tenant */
  find(where: string, values: unknown[], page?: { offset: number; limit: number }): Promise<JsonObject[]>;
  count(): Promise<number>;
}

/** A page of what fits the wish's filter, or of all. */
export async function listPage(wish: ListWish, { schema, columns, find, count }: ResourceSource): Promise<ResourcePage> {
  const bounds = boundsOf(wish);
  const page = { offset: bounds.startIndex - 1, limit: bounds.count };
  if (!wish.filter) return { total: await count(), startIndex: bounds.startIndex, resources: await find('true', [], page) };
  const { filter, where, values } = lookUpOf(wish.filter, schema, columns);
  const fitting = (await find(where, values)).filter((one) => matches(filter, one, schema));
  return { total: fitting.length, startIndex: bounds.startIndex, resources: fitting.slice(page.offset, page.offset + page.limit) };
}

/** Where a page begins and how long it is: what is asked for beyond the bounds is answered within them (RFC 7644 §3.4.2.4). */
function boundsOf({ startIndex = 1, count = DEFAULT_PAGE_RESOURCES }: ListWish) {
  return { startIndex: Math.max(1, startIndex), count: Math.min(MAX_PAGE_RESOURCES, Math.max(0, count)) };
}

/** A filter, and what the database can look up by it: a condition for each column that it fixes, with its value. */
function lookUpOf(text: string, schema: ResourceSchema, columns: ResourceSource['columns']) {
  const filter = parseFilter(text);
  const found = requiredEquals(filter, schema).filter(({ name }) => columns[name]);
  const conditions = found.map(({ name }, at) => columns[name]?.(`$${at + 2}`)); // $1 is the tenant
  return { filter, where: ['true', ...conditions].join(' AND '), values: found.map(({ value }) => value) };
}
