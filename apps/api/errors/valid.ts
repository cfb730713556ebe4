import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { Refused } from '#apps/api/errors/refused';
import { type FieldError, fieldErrors } from '#contracts/dream-machine/errors';
import { KEEPABLE_TEXT, unkeepablePath } from '#core/text/keepable-text';

/** Options for `@Body` and `@Query`: checks with the contract's schema, and refuses with a list that names each field. */
export function valid<T extends z.ZodType>(schema: T, source: 'body' | 'query' = 'body') {
  return { schema, pipes: [new ContractPipe(source)] };
}

class ContractPipe implements PipeTransform {
  constructor(private readonly source: 'body' | 'query') {}

  transform(value: unknown, { schema }: ArgumentMetadata): unknown {
    const result = (schema as unknown as z.ZodType).safeParse(value ?? (this.source === 'query' ? {} : undefined));
    const fields = result.success ? this.unkeepable(result.data) : fieldErrors(result.error.issues, value, this.source);
    if (result.success && fields.length === 0) return result.data;
    throw new Refused('invalid_fields', fields.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '), fields);
  }

  /** Every text that a route takes may reach the database. */
  private unkeepable(data: unknown): FieldError[] {
    const path = unkeepablePath(data);
    return path ? [{ type: 'custom', loc: [this.source, ...path], msg: KEEPABLE_TEXT, input: '' }] : [];
  }
}
