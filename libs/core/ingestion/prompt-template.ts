import { badRow, type RowRefusal, shown } from '#core/ingestion/strict-json';

/** Text with gaps: pieces of text, and the names of variables between them. */
export interface PromptTemplate {
  texts: readonly string[];
  variables: readonly string[];
}

const GAP = /\{\{\s*([^{}]{1,100}?)\s*\}\}/;

/** Reads `{{product}} in {{city}}`. Other braces are text. */
export function promptTemplate(source: string): PromptTemplate {
  const pieces = source.split(GAP);
  return { texts: pieces.filter((_, at) => at % 2 === 0), variables: pieces.filter((_, at) => at % 2 === 1) };
}

/** Fills every gap; a value is taken as it is, so that braces in it open no new gap. */
export function fillTemplate({ texts, variables }: PromptTemplate, values: ReadonlyMap<string, string>): string | RowRefusal {
  let prompt = texts[0] ?? '';
  for (const [at, name] of variables.entries()) {
    const value = values.get(name);
    if (value === undefined || value === '') return badRow(shown(name), 'the prompt template needs it and the row has none');
    prompt += value + (texts[at + 1] ?? '');
  }
  return prompt;
}
