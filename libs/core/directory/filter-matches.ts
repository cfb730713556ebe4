import { type Attribute, attributeOf, named, type ResourceSchema } from '#core/directory/attributes';
import type { AttributePath, Comparison, Filter } from '#core/directory/filter';
import { isObject, type Json, type JsonObject, listOf } from '#core/directory/json';
import { ScimRefusal } from '#core/directory/scim-refusal';

/** Attributes by whose names a filter may ask: those of a resource, or the parts of one of its attributes. */
type Names = Pick<ResourceSchema, 'attributes'>;

/** Whether a filter holds for a resource. @throws ScimRefusal invalidFilter for what is no attribute here */
export function matches(filter: Filter, resource: JsonObject, schema: Names): boolean {
  if ('all' in filter) return filter.all.every((one) => matches(one, resource, schema));
  if ('any' in filter) return filter.any.some((one) => matches(one, resource, schema));
  if ('not' in filter) return !matches(filter.not, resource, schema);
  const attribute = attributeAt(filter.path, schema);
  const value = resource[attribute.name];
  if ('has' in filter) {
    const parts = { attributes: attribute.subAttributes ?? [] };
    return listOf(value).some((one) => isObject(one) && matches(filter.has, one, parts));
  }
  const { part, values } = comparable(filter.path, attribute, value);
  if (filter.is === 'pr') return values.some((one) => one !== null && one !== '');
  const { is, value: wanted } = filter;
  if (is === 'ne') return !values.some((one) => compare('eq', one, wanted, part));
  return values.some((one) => compare(is, one, wanted, part));
}

/** What a filter says must equal what, wherever it leaves no other way: by this a database can look up. Names are as the schema has them. */
export function requiredEquals(filter: Filter, schema: ResourceSchema): { name: string; value: string }[] {
  if ('all' in filter) return filter.all.flatMap((one) => requiredEquals(one, schema));
  if (!('path' in filter)) return [];
  const { name } = attributeAt(filter.path, schema);
  if ('has' in filter) {
    const parts = requiredEquals(filter.has, { ...schema, attributes: attributeAt(filter.path, schema).subAttributes ?? [] });
    return parts.map((part) => ({ name: `${name}.${part.name}`, value: part.value }));
  }
  if (filter.is !== 'eq' || typeof filter.value !== 'string') return [];
  const { sub = attributeAt(filter.path, schema).type === 'complex' ? 'value' : undefined } = filter.path;
  return [{ name: sub ? `${name}.${sub}` : name, value: filter.value }];
}

function attributeAt(path: AttributePath, schema: Names): Attribute {
  const attribute = path.extension ? undefined : attributeOf(schema, path.name);
  if (!attribute) throw new ScimRefusal('invalidFilter', `There is no attribute ${path.name} to filter by`);
  return attribute;
}

/** The simple values that are compared. Of a complex attribute without a named part it is the part `value`. */
function comparable({ sub }: AttributePath, attribute: Attribute, value: Json | undefined): { part: Attribute; values: Json[] } {
  if (attribute.type !== 'complex') return { part: attribute, values: value === undefined ? [] : listOf(value) };
  const part = named(attribute.subAttributes, sub ?? 'value');
  if (!part) throw new ScimRefusal('invalidFilter', `${attribute.name} has no part ${sub ?? 'value'} to filter by`);
  const values = listOf(value).flatMap((one) => (isObject(one) && one[part.name] !== undefined ? [one[part.name] as Json] : []));
  return { part, values };
}

function compare(
  is: Exclude<Comparison, 'ne'>,
  left: Json,
  right: string | number | boolean | null,
  { type, caseExact }: Attribute,
): boolean {
  if (type === 'dateTime') return ordered(is, Date.parse(String(left)), Date.parse(String(right)));
  if (type === 'boolean') return is === 'eq' && String(left) === String(right).toLowerCase(); // some send "true" as text
  if (typeof left !== 'string' || typeof right !== 'string') return is === 'eq' && left === right;
  const [a, b] = caseExact ? [left, right] : [left.toLowerCase(), right.toLowerCase()];
  if (is === 'co') return a.includes(b);
  if (is === 'sw') return a.startsWith(b);
  if (is === 'ew') return a.endsWith(b);
  return ordered(is, a, b);
}

function ordered<T extends string | number>(is: Comparison, left: T, right: T): boolean {
  if (is === 'eq') return left === right;
  if (is === 'gt') return left > right;
  if (is === 'ge') return left >= right;
  if (is === 'lt') return left < right;
  return is === 'le' && left <= right;
}
