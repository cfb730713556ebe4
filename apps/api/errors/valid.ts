import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { Refused } from '#apps/api/errors/refused';
import { fieldErrors } from '#contracts/dream-machine/errors';

/** Options for `@Body` and `@Query`: checks with the contract's schema, and refuses with a list that names each field. */
export function valid<T extends z.ZodType>(schema: T, source: 'body' | 'query' = 'body') {
  return { schema, pipes: [new ContractPipe(source)] };
}

class ContractPipe implements PipeTransform {
  constructor(private readonly source: 'body' | 'query') {}

  transform(value: unknown, { schema }: ArgumentMetadata): unknown {
    const result = (schema as unknown as z.ZodType).safeParse(value ?? (this.source === 'query' ? {} : undefined));
    if (result.success) return result.data;
    const fields = fieldErrors(result.error.issues, value, this.source);
    throw new Refused('invalid_fields', fields.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '), fields);
  }
}
