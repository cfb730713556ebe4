import { z } from 'zod';
import { EVENTS, type EventType } from '#contracts/events/catalogue';

/** What a sample is made of, as far as the catalogue's schemas use it. */
interface Schema {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  examples?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
}

const SAMPLE_ID = '00000000-0000-7000-8000-000000000000';
const SAMPLE_TEXTS: Record<string, string> = {
  uuid: SAMPLE_ID,
  'date-time': '2026-01-01T00:00:00.000Z',
  date: '2026-01-01',
  uri: 'https://example.com/sample',
};

/** Data of an event as its schema has it, about things that do not exist: every id is zero. */
export function sampleData(type: EventType): Record<string, unknown> {
  return sampleOf(z.toJSONSchema(EVENTS[type].data, { io: 'output' }) as Schema) as Record<string, unknown>;
}

function sampleOf(schema: Schema): unknown {
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sampleOf(schema.anyOf[0] as Schema);
  switch ([schema.type].flat()[0]) {
    case 'string':
      return SAMPLE_TEXTS[schema.format ?? ''] ?? 'sample';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'array':
      return schema.items ? [sampleOf(schema.items)] : [];
    case 'object':
      return sampleObject(schema);
    default:
      throw new Error(`no sample is known for ${JSON.stringify(schema)}`);
  }
}

function sampleObject({ properties = {}, additionalProperties }: Schema): Record<string, unknown> {
  const more = typeof additionalProperties === 'object' ? { sample: sampleOf(additionalProperties) } : {};
  return { ...Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, sampleOf(property)])), ...more };
}
