import type { z } from 'zod';
import type { Scope } from '#core/access/scopes';
import type { SetupPurpose } from '#core/access/setup-link';

/** One route, once: validation, the OpenAPI document and the published clients all come from such a record. */
export interface OperationContract {
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  path: string;
  status: number;
  /** What the API key must be allowed to do; null for routes that carry another permission or none. */
  scope: Scope | null;
  /** For people: what belongs to their session itself, whatever they may do. */
  session?: true;
  /** Also taken from whoever opened a set-up link for this purpose. */
  setup?: SetupPurpose;
  /** For whoever came in by a share link, and nobody else. */
  guest?: true;
  /** People must have proven who they are a short while ago: it makes a key, moves money, or stops work. */
  stepUp?: true;
  summary: string;
  body?: z.ZodType;
  query?: z.ZodType;
  /** The answer as JSON. */
  response?: z.ZodType;
  /** What the answer is besides JSON, as the caller asks for it, or what it is if there is no `response`. */
  mediaTypes?: readonly string[];
  /** What the body may be besides JSON: a stream of rows, read as it comes. */
  bodyTypes?: readonly string[];
}
