import type { BatchOptions } from '#contracts/native/batches';
import { GENERATION_FIELD_NAMES, GenerationFields } from '#contracts/native/generations';
import type { Combination } from '#core/ingestion/matrix';
import { fillTemplate, type PromptTemplate, promptTemplate } from '#core/ingestion/prompt-template';
import { badRow, parseStrictJson, type RowRefusal, shown } from '#core/ingestion/strict-json';
import { isKeepable } from '#core/text/keepable-text';

const NATIVE_FIELDS: ReadonlySet<string> = new Set(Object.keys(GenerationFields.shape));
/** Fields of a native row that are not text in a CSV. */
const NUMBER_FIELDS: ReadonlySet<string> = new Set(['seed', 'priority']);
const MEDIUM_FIELDS: ReadonlySet<string> = new Set(['source', 'firstFrame']);
const JSON_FIELDS: ReadonlySet<string> = new Set([...MEDIUM_FIELDS, 'loop', 'keyframes', 'concepts', 'references', 'placement']);

/** Boxed, since a row may have a field of any name. */
interface Fields {
  fields: Record<string, unknown>;
}

/** Puts the fields of a row together from what a file, a matrix and a prompt template say. */
export class RowFields {
  private readonly template: PromptTemplate | undefined;

  constructor(private readonly options: BatchOptions) {
    this.template = options.promptTemplate === undefined ? undefined : promptTemplate(options.promptTemplate);
  }

  /** The cells of a CSV by their fields, and by their columns for the template. */
  ofColumns(columns: readonly string[], values: readonly string[]): Fields | RowRefusal {
    if (values.length > columns.length) return badRow(null, `has ${values.length} values, the header names ${columns.length} columns`);
    const fields: Record<string, unknown> = Object.create(null);
    for (const [at, value] of values.entries()) {
      if (value === '') continue;
      const column = columns[at] as string;
      const field = Object.hasOwn(this.options.columns, column) ? (this.options.columns[column] as string) : column;
      if (!isKeepable(value)) return badRow(shown(column), 'holds NUL or a lone surrogate');
      fields[field] = cellOf(GENERATION_FIELD_NAMES.get(field) ?? field, value);
      if (field !== column) fields[column] ??= value;
    }
    return { fields };
  }

  /** With what the matrix adds, and the prompt that the template makes of all of it. What is no field is there for the template only. */
  filled(fields: Record<string, unknown>, combination: Combination): Fields | RowRefusal {
    const row: Record<string, unknown> = {};
    const values = new Map<string, string>();
    const put = (name: string, value: unknown) => {
      const field = GENERATION_FIELD_NAMES.get(name) ?? name;
      if (NATIVE_FIELDS.has(field)) row[field] = value;
      if (typeof value === 'string' || typeof value === 'number') values.set(name, String(value));
    };
    for (const name of Object.keys(fields)) put(name, fields[name]);
    for (const [name, value] of combination) put(name, value);
    if (!this.template) return { fields: row };
    const prompt = fillTemplate(this.template, values);
    if (typeof prompt !== 'string') return prompt;
    return { fields: { ...row, prompt } };
  }
}

/** What a cell says to a field that is not text: a number, JSON, or a link where a medium is meant. What does not fit stays text, and is refused. */
function cellOf(field: string, value: string): unknown {
  if (NUMBER_FIELDS.has(field)) return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (!JSON_FIELDS.has(field)) return value;
  if (MEDIUM_FIELDS.has(field) && /^https?:/.test(value)) return { url: value };
  const parsed = parseStrictJson(`{"cell":${value}}`);
  return 'value' in parsed ? parsed.value.cell : value;
}
