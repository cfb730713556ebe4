import { HttpException } from '@nestjs/common';
import { Refused } from '#apps/api/errors/refused';
import type { ProblemName } from '#contracts/problems';
import { ScimRefusal } from '#core/directory/scim-refusal';
import { DirectoryRefused } from '#features/directory/directory-work';
import { TooManyWatchers } from '#features/generations/generation-watch';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import { GroupFull } from '#platform/database/command-group';
import { DatabaseUnavailable } from '#platform/database/failures';

/** Errors of the HTTP server itself, by Fastify's code. */
const FASTIFY_PROBLEMS: Readonly<Record<string, [ProblemName, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'The body is larger than this route accepts'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Content-Type must be application/json'],
  FST_ERR_CTP_EMPTY_TYPE: ['unsupported_media_type', 'Content-Type must be application/json'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_json', 'The body is not valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_json', 'Content-Length does not match the body'],
};

/** What an error is to the caller; undefined for a bug, of which the caller learns nothing but that it happened. */
export function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error;
  if (error instanceof Misunderstood) return refusedAs(error);
  if (error instanceof DatabaseUnavailable || error instanceof GroupFull || error instanceof TooManyWatchers)
    return new Refused('unavailable', 'Halogen cannot take requests for a moment; try again');
  if (error instanceof DirectoryRefused) return new Refused(error.problem, error.message);
  if (error instanceof ScimRefusal) {
    const facts = { scimType: error.scimType };
    return new Refused(error.scimType === 'uniqueness' ? 'already_exists' : 'bad_request', error.message, undefined, undefined, facts);
  }
  const known = FASTIFY_PROBLEMS[codeOf(error)];
  if (known) return new Refused(...known);
  if (error instanceof HttpException && error.getStatus() === 404) return new Refused('not_found', 'Not found');
  if (error instanceof HttpException && error.getStatus() === 413)
    return new Refused('too_large', 'The body is larger than this route accepts');
  // What the HTTP server found wrong before any route saw the request.
  if (error instanceof HttpException && error.getStatus() < 500) return new Refused('bad_request', error.message);
  return undefined;
}

function refusedAs({ problem, detail, field }: Misunderstood): Refused {
  if (problem !== 'missing_field') return new Refused(problem, detail);
  return new Refused('invalid_fields', `${field}: ${detail}`, [{ type: 'missing', loc: ['body', field ?? ''], msg: detail, input: '' }]);
}

function codeOf(error: unknown): string {
  if (error === null || typeof error !== 'object') return '';
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' ? code : codeOf(cause);
}
