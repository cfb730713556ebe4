/** Postgres cannot be reached, or ended the connection. Whether an open commit happened is unknown. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database cannot be reached', { cause });
    this.name = 'DatabaseUnavailable';
  }
}

/** Connection exceptions (class 08), shutdowns and starts (57P01-57P03), too many connections (53300), and a session ended for idling (25P03). */
const UNAVAILABLE_CODES = /^(08...|57P0[123]|53300|25P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/;
const UNAVAILABLE_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|connection timeout|client has encountered a connection error|connection ended/i;

/** Deadlock and serialization failure: the same transaction may well succeed at the next try. */
const RETRYABLE_CODES = new Set(['40P01', '40001']);

/** Sorts an error of the driver: the server is away, or the statement failed. */
export function databaseFailure(error: unknown): { unavailable: boolean; error: Error } {
  if (error instanceof DatabaseUnavailable) return { unavailable: true, error };
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if ((code && UNAVAILABLE_CODES.test(code)) || UNAVAILABLE_MESSAGES.test(message))
    return { unavailable: true, error: new DatabaseUnavailable(error) };
  return { unavailable: false, error: error instanceof Error ? error : new Error(message) };
}

export function isRetryable(error: unknown): boolean {
  return RETRYABLE_CODES.has(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  for (
    let at: unknown = error;
    at && typeof at === 'object';
    at = (at as { cause?: unknown }).cause ?? (at as { driverError?: unknown }).driverError
  ) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}
