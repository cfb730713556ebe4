import { MAX_FILTER_CHARACTERS, MAX_FILTER_DEPTH } from '#core/directory/limits';
import { ScimRefusal } from '#core/directory/scim-refusal';
import { isKeepable, KEEPABLE_TEXT } from '#core/text/keepable-text';

/** An attribute, or one of its parts: `emails.value`. */
export interface AttributePath {
  /** URN of an extension; attributes of a resource's own schema have none. */
  extension?: string;
  name: string;
  sub?: string;
}

const COMPARISONS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A filter of RFC 7644 §3.4.2.2. */
export type Filter =
  | { all: readonly Filter[] }
  | { any: readonly Filter[] }
  | { not: Filter }
  | { path: AttributePath; is: Comparison; value: string | number | boolean | null }
  | { path: AttributePath; is: 'pr' }
  /** `emails[type eq "work"]`: there is a value for which the filter holds. */
  | { path: AttributePath; has: Filter };

/** What a PATCH is about: an attribute, some of its values, or a part of them. */
export interface PatchPath extends AttributePath {
  where?: Filter;
}

const CORE_URN = /^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/i;
const PATH = /^(?:(urn:[\w.:-]+):)?([a-z$][\w$-]*)(?:\.([a-z$][\w$-]*))?$/i;
const SUB = /^\.([a-z$][\w$-]*)$/i;
/** White space, a bracket, a string, or a word: a name, an operator, a number or a literal. */
const TOKEN = /\s+|[()[\]]|"(?:[^"\\]|\\.)*"|[^\s()[\]"]+/y;

/** @throws ScimRefusal invalidFilter */
export function parseFilter(text: string): Filter {
  const reader = new Reader(text, 'invalidFilter');
  const filter = reader.filter();
  reader.expectEnd();
  return filter;
}

/** @throws ScimRefusal invalidPath */
export function parsePatchPath(text: string): PatchPath {
  const reader = new Reader(text, 'invalidPath');
  const path = reader.patchPath();
  reader.expectEnd();
  return path;
}

/** Reads from left to right; `and` binds closer than `or`. */
class Reader {
  private readonly tokens: string[];
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly kind: 'invalidFilter' | 'invalidPath',
  ) {
    if (text.length > MAX_FILTER_CHARACTERS) throw this.refusal(`is longer than ${MAX_FILTER_CHARACTERS} characters`);
    this.tokens = this.split();
  }

  filter(): Filter {
    this.depth += 1;
    if (this.depth > MAX_FILTER_DEPTH) throw this.refusal(`has more than ${MAX_FILTER_DEPTH} brackets within brackets`);
    const any = this.separated('or', () => this.both());
    this.depth -= 1;
    return any.length === 1 ? (any[0] as Filter) : { any };
  }

  patchPath(): PatchPath {
    const path = this.path();
    if (!this.take('[')) return path;
    const where = this.filter();
    this.need(']');
    const sub = path.sub ? undefined : this.takeSub();
    return { ...path, where, ...(sub && { sub }) };
  }

  expectEnd(): void {
    const rest = this.tokens[this.at];
    if (rest !== undefined) throw this.refusal(`has "${rest}" where it should end`);
  }

  private both(): Filter {
    const all = this.separated('and', () => this.one());
    return all.length === 1 ? (all[0] as Filter) : { all };
  }

  private separated(word: string, read: () => Filter): Filter[] {
    const found = [read()];
    while (this.take(word)) found.push(read());
    return found;
  }

  private one(): Filter {
    if (this.tokens[this.at + 1] === '(' && this.take('not')) return { not: this.one() };
    if (this.take('(')) {
      const inner = this.filter();
      this.need(')');
      return inner;
    }
    const path = this.path();
    if (!this.take('[')) return this.comparison(path);
    const has = this.filter();
    this.need(']');
    const sub = this.takeSub();
    // Entra's way: one value that fits the brackets and of which a part compares.
    return { path, has: sub ? { all: [has, this.comparison({ name: sub })] } : has };
  }

  private comparison(path: AttributePath): Filter {
    const operator = this.next('an operator').toLowerCase();
    if (operator === 'pr') return { path, is: 'pr' };
    const is = COMPARISONS.find((one) => one === operator);
    if (!is) throw this.refusal(`has "${operator}" where an operator belongs: ${COMPARISONS.join(', ')} or pr`);
    return { path, is, value: this.value() };
  }

  /** What follows a bracket: `.value`. */
  private takeSub(): string | undefined {
    const sub = SUB.exec(this.tokens[this.at] ?? '')?.[1];
    if (sub) this.at += 1;
    return sub;
  }

  private path(): AttributePath {
    const word = this.next('an attribute');
    const [, extension, name, sub] = PATH.exec(word.replace(CORE_URN, '')) ?? [];
    if (!name) throw this.refusal(`has "${word}" where an attribute belongs`);
    return { ...(extension && { extension }), name, ...(sub && { sub }) };
  }

  private value(): string | number | boolean | null {
    const word = this.next('a value');
    try {
      const value: unknown = JSON.parse(/^(true|false|null)$/i.test(word) ? word.toLowerCase() : word);
      if (typeof value === 'string' && !isKeepable(value)) throw this.refusal(`has a value that ${KEEPABLE_TEXT}`);
      if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as string;
    } catch (error) {
      if (error instanceof ScimRefusal) throw error;
    }
    throw this.refusal(`has ${word} where a value belongs: text in double quotes, a number, true, false or null`);
  }

  private next(what: string): string {
    const word = this.tokens[this.at];
    if (word === undefined) throw this.refusal(`ends where ${what} belongs`);
    this.at += 1;
    return word;
  }

  private take(word: string): boolean {
    const isNext = this.tokens[this.at]?.toLowerCase() === word;
    if (isNext) this.at += 1;
    return isNext;
  }

  private need(bracket: string): void {
    if (!this.take(bracket)) throw this.refusal(`lacks a "${bracket}"`);
  }

  private split(): string[] {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < this.text.length) {
      const from = TOKEN.lastIndex;
      const [token] = TOKEN.exec(this.text) ?? [];
      if (token === undefined) throw this.refusal(`cannot be read from character ${from + 1} on`);
      if (token.trim() !== '') tokens.push(token);
    }
    return tokens;
  }

  private refusal(why: string): ScimRefusal {
    return new ScimRefusal(this.kind, `The ${this.kind === 'invalidPath' ? 'path' : 'filter'} ${why}`);
  }
}
