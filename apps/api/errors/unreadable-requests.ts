import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, PROBLEMS, type Problem, type ProblemName } from '#contracts/problems';

/** Of a request line with all headers. Batch options travel in the query: 100,000 characters, of which percent-encoding makes three times as many. */
export const MAX_HEAD_BYTES = 330_000;

const PROBLEM_BY_CODE: Readonly<Record<string, [ProblemName, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', `The URL and the headers are larger than ${MAX_HEAD_BYTES} bytes`],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time'],
};
const OTHERWISE: [ProblemName, string] = ['bad_request', 'This is not a request in HTTP/1.1'];

/** Answers what could not be read as a request, so that neither routes nor error filter ever see it. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy(error);
    return;
  }
  const [name, detail] = PROBLEM_BY_CODE[error.code ?? ''] ?? OTHERWISE;
  const { status, title } = PROBLEMS[name];
  const body = JSON.stringify({ type: `urn:halogen:problem:${name}`, title, status, detail } satisfies Problem);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
