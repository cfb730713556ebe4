import type { JsonObject } from '#core/directory/json';
import { isObject } from '#core/directory/json';

/** Attributes that a caller asks for, or asks to be left out (RFC 7644 §3.9). */
export interface Wanted {
  attributes?: string;
  excludedAttributes?: string;
}

const ALWAYS = ['schemas', 'id'];

/** A resource with the attributes that are wanted. What it cannot be known without stays. */
export function shown(resource: JsonObject, { attributes, excludedAttributes }: Wanted): JsonObject {
  if (attributes) return only(resource, namesIn(attributes));
  return excludedAttributes ? without(resource, namesIn(excludedAttributes)) : resource;
}

/** Whether an attribute is to be told at all: what takes work to find need not be looked for. */
export function isShown(name: string, { attributes, excludedAttributes }: Wanted): boolean {
  if (attributes) return namesIn(attributes).some((one) => one === name.toLowerCase() || one.startsWith(`${name.toLowerCase()}.`));
  return !excludedAttributes || !namesIn(excludedAttributes).includes(name.toLowerCase());
}

function only(resource: JsonObject, names: string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(resource).flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      if (ALWAYS.includes(name) || names.includes(lower)) return [[name, value]];
      const parts = names.filter((one) => one.startsWith(`${lower}.`)).map((one) => one.slice(lower.length + 1));
      if (parts.length === 0) return [];
      const part = (one: JsonObject) => Object.fromEntries(Object.entries(one).filter(([key]) => parts.includes(key.toLowerCase())));
      return [[name, Array.isArray(value) ? value.map((one) => (isObject(one) ? part(one) : one)) : isObject(value) ? part(value) : value]];
    }),
  );
}

function without(resource: JsonObject, names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(resource).filter(([name]) => ALWAYS.includes(name) || !names.includes(name.toLowerCase())));
}

function namesIn(list: string): string[] {
  return list.split(',').map((one) =>
    one
      .trim()
      .replace(/^urn:[\w.:-]+:/i, '')
      .toLowerCase(),
  );
}
