import { type Attribute, type ResourceSchema, writableOf } from '#core/directory/attributes';
import { byLowerCase, isObject, type Json, type JsonObject, listOf } from '#core/directory/json';
import { MAX_DIRECTORY_USERS, MAX_VALUE_CHARACTERS, MAX_VALUES } from '#core/directory/limits';
import { ScimRefusal } from '#core/directory/scim-refusal';
import { isKeepable, KEEPABLE_TEXT } from '#core/text/keepable-text';

/** The body of a POST or PUT as it is kept. @throws ScimRefusal */
export function readResource(schema: ResourceSchema, body: unknown): JsonObject {
  if (!isObject(body as Json)) throw new ScimRefusal('invalidSyntax', 'The body must be a JSON object');
  const given = body as JsonObject;
  expectSchema(given, schema.id);
  return keptOf(schema, given);
}

/** The attributes that are kept, under their own names and as what they are; others are left out. @throws ScimRefusal invalidValue */
export function keptOf(schema: ResourceSchema, given: JsonObject): JsonObject {
  return readParts(writableOf(schema), given, '');
}

/** @throws ScimRefusal for a body that does not say what it is */
export function expectSchema(body: JsonObject, id: string): void {
  const { schemas } = byLowerCase(body);
  if (!listOf(schemas).some((one) => typeof one === 'string' && one.toLowerCase() === id.toLowerCase())) {
    throw new ScimRefusal('invalidSyntax', `"schemas" must name ${id}`);
  }
}

function readParts(attributes: readonly Attribute[], given: JsonObject, of: string): JsonObject {
  const values = byLowerCase(given);
  const kept: JsonObject = {};
  for (const attribute of attributes) {
    const value = readValue(attribute, values[attribute.name.toLowerCase()], of + attribute.name);
    if (value !== undefined) kept[attribute.name] = value;
    else if (attribute.required) throw new ScimRefusal('invalidValue', `${of}${attribute.name} is missing`);
  }
  return kept;
}

function readValue(attribute: Attribute, given: Json | undefined, name: string): Json | undefined {
  if (given === undefined || given === null) return undefined;
  if (!attribute.multiValued) return readOne(attribute, given, name);
  const list = listOf(given);
  const most = attribute.name === 'members' ? MAX_DIRECTORY_USERS : MAX_VALUES;
  if (list.length > most) throw new ScimRefusal('invalidValue', `${name} has more than ${most} values`);
  const values = list.map((one) => readOne(attribute, one, name)).filter((one) => one !== undefined);
  return values.length > 0 ? withOnePrimary(values) : undefined;
}

function readOne(attribute: Attribute, given: Json, name: string): Json | undefined {
  if (attribute.type === 'complex') {
    const object = isObject(given) ? given : attribute.multiValued && typeof given === 'string' ? { value: given } : undefined;
    if (!object) throw new ScimRefusal('invalidValue', `${name} must be an object`);
    const parts = readParts(attribute.subAttributes ?? [], object, `${name}.`);
    return Object.keys(parts).length > 0 ? parts : undefined;
  }
  if (attribute.type === 'boolean') {
    if (typeof given === 'boolean') return given;
    if (typeof given === 'string' && /^(true|false)$/i.test(given)) return given.toLowerCase() === 'true'; // Entra sends "False"
    throw new ScimRefusal('invalidValue', `${name} must be true or false`);
  }
  if (typeof given !== 'string') throw new ScimRefusal('invalidValue', `${name} must be a string`);
  if (given.length > MAX_VALUE_CHARACTERS || !isKeepable(given)) {
    throw new ScimRefusal('invalidValue', `${name} must have at most ${MAX_VALUE_CHARACTERS} characters, and ${KEEPABLE_TEXT}`);
  }
  return given.trim() === '' ? undefined : given;
}

/** One value is the primary one: the last that says so. */
function withOnePrimary(values: Json[]): Json[] {
  const last = values.findLastIndex((one) => isObject(one) && one.primary === true);
  return values.map((one, at) => (isObject(one) && one.primary === true && at !== last ? { ...one, primary: false } : one));
}
