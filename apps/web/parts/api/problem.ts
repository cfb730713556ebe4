import { client } from '#sdk/client.gen';

/** A refusal in the API's own words. */
export class ProblemError extends Error {
  constructor(
    /** Its name, such as `insufficient_credits`; `unreachable` when there was no answer at all. */
    readonly problem: string,
    readonly title: string,
    detail: string,
    /** 0 when there was no answer. */
    readonly status: number,
    /** Names the request to whoever looks into it. */
    readonly traceId: string | undefined,
    readonly fields: readonly { field: string; message: string }[] = [],
  ) {
    super(detail);
    this.name = 'ProblemError';
  }
}

interface ProblemBody {
  type?: string;
  title?: string;
  detail?: string;
  errors?: { field: string; message: string }[];
}

const PREFIX = 'urn:halogen:problem:';

export function problemOf(body: unknown, response: Response | undefined): ProblemError {
  if (!response) return new ProblemError('unreachable', 'No answer', 'Halogen cannot be reached from here.', 0, undefined);
  const { type = '', title = response.statusText, detail = '', errors } = (typeof body === 'object' && body ? body : {}) as ProblemBody;
  const traceId = response.headers.get('x-halogen-trace-id') ?? undefined;
  return new ProblemError(type.replace(PREFIX, ''), title, detail || title, response.status, traceId, errors);
}

/** Says of every request of the generated client: same origin, by the session's cookie, and refusals are thrown as `ProblemError`. */
export function configureClient(): void {
  client.setConfig({ baseUrl: '', credentials: 'same-origin', throwOnError: true });
  client.interceptors.error.use((error, response) => (error instanceof ProblemError ? error : problemOf(error, response)));
}
