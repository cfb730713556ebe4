import { z } from 'zod';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457 problem details, the error form of the native API. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    /** Fields that do not fit, for 422. */
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

/** Every named refusal and what it is over HTTP. */
export const PROBLEMS = {
  not_offered: { status: 400, title: 'Not offered' },
  invalid_tier: { status: 400, title: 'Invalid service tier' },
  invalid_prompt: { status: 400, title: 'Prompt refused' },
  invalid_idempotency_key: { status: 400, title: 'Invalid idempotency key' },
  invalid_cursor: { status: 400, title: 'Invalid cursor' },
  invalid_label: { status: 400, title: 'Invalid label' },
  deadline_passed: { status: 400, title: 'Deadline passed' },
  unusable_input: { status: 400, title: 'Input not usable' },
  callback_refused: { status: 400, title: 'Callback URL refused' },
  bad_request: { status: 400, title: 'Bad request' },
  tenant_needed: { status: 400, title: 'Name a tenant' },
  malformed_json: { status: 400, title: 'Malformed JSON' },
  not_authenticated: { status: 401, title: 'Not authenticated' },
  budget_exceeded: { status: 402, title: 'Budget exceeded' },
  insufficient_credits: { status: 402, title: 'Insufficient credits' },
  scope_missing: { status: 403, title: 'Scope missing' },
  sign_in_refused: { status: 403, title: 'Sign-in refused' },
  step_up_needed: { status: 403, title: 'Sign in again' },
  csrf_refused: { status: 403, title: 'Not from our pages' },
  not_allowed: { status: 403, title: 'Not allowed' },
  second_person_needed: { status: 403, title: 'Second person needed' },
  link_refused: { status: 403, title: 'Link refused' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  no_units: { status: 409, title: 'No units' },
  no_capacity: { status: 409, title: 'No capacity' },
  capacity_is_sold: { status: 409, title: 'Capacity is sold' },
  not_possible: { status: 409, title: 'Not possible' },
  already_final: { status: 409, title: 'Already final' },
  batch_state: { status: 409, title: 'Not in this state' },
  already_exists: { status: 409, title: 'Already exists' },
  lease_lost: { status: 409, title: 'Lease lost' },
  request_timeout: { status: 408, title: 'Request timeout' },
  erased: { status: 410, title: 'Erased' },
  precondition_failed: { status: 412, title: 'Changed meanwhile' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  invalid_fields: { status: 422, title: 'Fields do not fit' },
  idempotency_key_reused: { status: 422, title: 'Idempotency key reused' },
  headers_too_large: { status: 431, title: 'Headers too large' },
  rate_limited: { status: 429, title: 'Rate limited' },
  internal: { status: 500, title: 'Internal error' },
  limit_reached: { status: 409, title: 'Limit reached' },
  last_owner: { status: 409, title: 'Last owner' },
  not_implemented: { status: 501, title: 'Not implemented' },
  unavailable: { status: 503, title: 'Unavailable' },
  switched_off: { status: 503, title: 'Switched off' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemName = keyof typeof PROBLEMS;

/** A refusal of a service, by its name here and with words for the caller: what is wrong and the way out. */
export interface NamedRefusal {
  refused: ProblemName;
  detail: string;
  /** For programs: members that the problem carries besides. */
  facts?: Readonly<Record<string, unknown>>;
}
