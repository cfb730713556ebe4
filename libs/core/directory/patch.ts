import { type Attribute, attributeOf, isNotKept, named, type ResourceSchema } from '#core/directory/attributes';
import { type Filter, type PatchPath, parsePatchPath } from '#core/directory/filter';
import { matches } from '#core/directory/filter-matches';
import { byLowerCase, isObject, type Json, type JsonObject, listOf } from '#core/directory/json';
import { MAX_OPERATIONS } from '#core/directory/limits';
import { expectSchema, keptOf } from '#core/directory/read-resource';
import { ScimRefusal } from '#core/directory/scim-refusal';

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

interface Change {
  op: 'add' | 'replace' | 'remove';
  value: Json | undefined;
}

/**
 * A resource after a PATCH (RFC 7644 §3.5.2), as it is kept. Identity providers write it in ways of their own: operations with capitals,
 * no path, a path as the name of a value, values to be removed in the body. Those are taken as they are meant. @throws ScimRefusal
 */
export function patched(schema: ResourceSchema, resource: JsonObject, body: unknown): JsonObject {
  const draft = structuredClone(resource);
  for (const operation of operationsOf(body)) {
    const { op, path, value } = byLowerCase(operation);
    const change: Change = { op: opOf(op), value };
    if (typeof path === 'string' && path !== '') apply(schema, draft, parsePatchPath(path), change);
    else if (isObject(value) && change.op !== 'remove') applyEach(schema, draft, value, change.op);
    else throw new ScimRefusal('noTarget', 'An operation without a path must add or replace the attributes of its value');
  }
  return keptOf(schema, draft);
}

function operationsOf(body: unknown): JsonObject[] {
  if (!isObject(body as Json)) throw new ScimRefusal('invalidSyntax', 'The body must be a JSON object');
  expectSchema(body as JsonObject, PATCH_SCHEMA);
  const { operations } = byLowerCase(body as JsonObject);
  if (!Array.isArray(operations) || operations.length === 0 || !operations.every(isObject)) {
    throw new ScimRefusal('invalidSyntax', '"Operations" must be a list of objects');
  }
  if (operations.length > MAX_OPERATIONS) throw new ScimRefusal('invalidValue', `A PATCH has at most ${MAX_OPERATIONS} operations`);
  return operations as JsonObject[];
}

function opOf(op: Json | undefined): Change['op'] {
  const known = (['add', 'replace', 'remove'] as const).find((one) => typeof op === 'string' && op.toLowerCase() === one);
  if (!known) throw new ScimRefusal('invalidSyntax', `"op" must be add, replace or remove, not ${JSON.stringify(op)}`);
  return known;
}

/** Each name of the value is a path. What only Halogen may write is sent along by some, and means nothing. */
function applyEach(schema: ResourceSchema, draft: JsonObject, values: JsonObject, op: Change['op']): void {
  for (const [name, value] of Object.entries(values)) {
    if (/^schemas$/i.test(name) || attributeOf(schema, name)?.mutability === 'readOnly') continue;
    if (/^urn:/i.test(name) && isObject(value)) continue; // an extension, with all that it says
    apply(schema, draft, parsePatchPath(name), { op, value });
  }
}

function apply(schema: ResourceSchema, draft: JsonObject, path: PatchPath, change: Change): void {
  if (path.extension || isNotKept(path.name)) return;
  const attribute = attributeOf(schema, path.name);
  if (!attribute) throw new ScimRefusal('invalidPath', `There is no attribute ${path.name}`);
  if (attribute.mutability === 'readOnly') throw new ScimRefusal('mutability', `${attribute.name} is written by Halogen alone`);
  const part = path.sub === undefined ? undefined : named(attribute.subAttributes, path.sub);
  if (path.sub !== undefined && !part) throw new ScimRefusal('invalidPath', `${attribute.name} has no part ${path.sub}`);
  if (path.where && !attribute.multiValued)
    throw new ScimRefusal('invalidPath', `${attribute.name} has one value, so nothing can be chosen`);
  const after = attribute.multiValued
    ? changedList(attribute, listOf(draft[attribute.name]), { ...path, part }, change)
    : changedValue(attribute, draft[attribute.name], part, change);
  if (after === undefined) delete draft[attribute.name];
  else draft[attribute.name] = after;
}

function changedValue(
  attribute: Attribute,
  before: Json | undefined,
  part: Attribute | undefined,
  { op, value }: Change,
): Json | undefined {
  if (part) return withPart(isObject(before) ? before : {}, part, op === 'remove' ? undefined : value);
  if (op === 'remove' || value === null || value === undefined) return undefined;
  return attribute.type === 'complex' && isObject(value) && isObject(before) ? { ...before, ...asNamed(attribute, value) } : value;
}

function changedList(
  attribute: Attribute,
  before: Json[],
  { where, part }: { where?: Filter; part: Attribute | undefined },
  change: Change,
): Json[] {
  const isMeant = (one: Json) => !where || (isObject(one) && matches(where, one, { attributes: attribute.subAttributes ?? [] }));
  const { op, value } = change;
  if (op === 'remove') {
    if (part) return before.map((one) => (isMeant(one) && isObject(one) ? withPart(one, part, undefined) : one));
    if (where) return before.filter((one) => !isMeant(one));
    const named = listOf(value).map(identityOf); // Entra names in the value what is to go
    return named.length > 0 ? before.filter((one) => !named.includes(identityOf(one))) : [];
  }
  if (!where && !part) return op === 'replace' ? listOf(value) : joined(before, listOf(value));
  if (!before.some(isMeant)) return [...before, madeFor(attribute, where, part, value)];
  return before.map((one) => {
    if (!isMeant(one) || !isObject(one)) return one;
    return part ? withPart(one, part, value) : { ...one, ...(isObject(value) ? asNamed(attribute, value) : {}) };
  });
}

/** The value that a path chooses and that is not there yet: its filter says what it must be. */
function madeFor(attribute: Attribute, where: Filter | undefined, part: Attribute | undefined, value: Json | undefined): JsonObject {
  const made: JsonObject = {};
  for (const one of where ? ('all' in where ? where.all : [where]) : []) {
    const name = 'path' in one ? named(attribute.subAttributes, one.path.name)?.name : undefined;
    if (!name || !('is' in one) || one.is !== 'eq') throw new ScimRefusal('noTarget', `No value of ${attribute.name} fits the path`);
    made[name] = one.value;
  }
  return part ? withPart(made, part, value) : { ...made, ...(isObject(value) ? asNamed(attribute, value) : {}) };
}

function withPart(object: JsonObject, { name }: Attribute, value: Json | undefined): JsonObject {
  const { [name]: _, ...others } = object;
  return value === undefined || value === null ? others : { ...others, [name]: value };
}

/** An object of the sender's, with the names of the parts as we write them. */
function asNamed({ subAttributes }: Attribute, value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [named(subAttributes, name)?.name ?? name, one]));
}

function joined(before: Json[], added: Json[]): Json[] {
  const there = new Set(before.map(identityOf));
  return [...before, ...added.filter((one) => !there.has(identityOf(one)))];
}

/** Two values of a list are the same if their part `value` is. */
function identityOf(one: Json): string {
  const { value = one } = isObject(one) ? byLowerCase(one) : {};
  return typeof value === 'string' ? value : JSON.stringify(value);
}
